import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Worker } from 'node:worker_threads';
import type { AppError } from '#protocol/errors.ts';
import type { CodedPicture } from '#media/h264/annexb.ts';
import type { AccessUnit } from '#media/packet.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { openDecoder, openDecoders } from './decoder.nodeav.ts';
import type { Decoder, DecoderOptions, OpenDecoder } from './decoder.port.ts';
import type { AnalysisFrame } from './frame.ts';

/** Above 2^47 and odd: only exact integers bring it back unchanged. */
const START = 1_764_000_000_000 * 90 + 1;
const STEP = 6000;
const POLL = { timeout: 20_000, interval: 2 };
const SQUARE = { widthPx: 128, heightPx: 128, fit: 'letterbox' } as const;

/** Left half dark and brighter with every frame, right half white. */
const CLIP = encodeClip({
  widthPx: 320,
  heightPx: 240,
  frames: 40,
  gop: 10,
  luma: (frame, x) => (x < 0.5 ? 30 + 4 * frame : 235),
});
const OTHER_SIZE = encodeClip({ widthPx: 256, heightPx: 256, frames: 10, gop: 10, luma: () => 100 });

let frames: AnalysisFrame[];
let failures: AppError[];
let threads: Worker[];
let opened: Decoder[];
const keepThread = (thread: Worker): void => void threads.push(thread);

beforeEach(() => {
  [frames, failures, threads, opened] = [[], [], [], []];
  process.on('worker', keepThread);
});

afterEach(() => {
  process.off('worker', keepThread);
  for (const decoder of opened) decoder.close();
});

function open(options: Partial<DecoderOptions> = {}, by: OpenDecoder = openDecoder): Decoder {
  const decoder = by({
    camera: 'cam-1',
    shape: SQUARE,
    maxFps: 30,
    onFrame: (frame) => void frames.push({ ...frame, rgb: frame.rgb.slice() }),
    onFailed: (error) => void failures.push(error),
    ...options,
  });
  opened.push(decoder);
  return decoder;
}

function accessUnit(picture: CodedPicture, i: number): AccessUnit {
  const times = { ticks90k: START + i * STEP, rtpTimestamp: (START + i * STEP) % 2 ** 32, receivedAtMs: 5000 + i };
  return { codec: 'H264', ...picture, ...times, isDamaged: false };
}

/** Pushes one unit at a time, each after the one before it was decoded, so that none is late. */
async function play(decoder: Decoder, pictures: readonly CodedPicture[], from = 0): Promise<void> {
  for (const [i, picture] of pictures.entries()) {
    const { decoded, errors } = decoder.stats();
    decoder.push(accessUnit(picture, from + i));
    await vi.waitFor(() => {
      const now = decoder.stats();
      expect(now.decoded + now.errors).toBeGreaterThan(decoded + errors);
    }, POLL);
  }
}

function pixel(frame: AnalysisFrame, x: number, y: number): number[] {
  const at = (y * frame.widthPx + x) * 3;
  return [...frame.rgb.subarray(at, at + 3)];
}

test('is ready once its thread can decode, or when it is closed before', async () => {
  const [first, second] = [open({}, openDecoders(1)), open({}, openDecoders(1))];
  const ready: string[] = [];
  const told = [first.ready.then(() => ready.push('first')), second.ready.then(() => ready.push('second'))];
  second.close();
  await Promise.resolve();
  expect(ready).toEqual(['second']);
  await Promise.all(told);
  first.push(accessUnit(CLIP[0] as CodedPicture, 0));
  await vi.waitFor(() => expect(frames).toHaveLength(1), POLL);
});

test('frames carry the picture, its letterbox and the times of their access unit', async () => {
  const decoder = open();
  await play(decoder, CLIP);
  await vi.waitFor(() => {
    expect(frames.at(-1)?.ticks90k).toBe(START + 39 * STEP);
  }, POLL);
  expect(decoder.stats()).toMatchObject({ decoded: 40, errors: 0 });
  for (const frame of frames) {
    const i = (frame.ticks90k - START) / STEP;
    expect(frame.receivedAtMs).toBe(5000 + i);
    expect(frame.rgb).toHaveLength(128 * 128 * 3);
    expect(frame.letterbox).toEqual({ scaledWidthPx: 128, scaledHeightPx: 96, offsetXPx: 0, offsetYPx: 0 });
    // Video black is 16 and white 235; RGB spans 0 to 255.
    const expected = ((30 + 4 * i - 16) * 255) / 219;
    for (const channel of pixel(frame, 20, 50)) expect(Math.abs(channel - expected)).toBeLessThan(8);
    for (const channel of pixel(frame, 110, 50)) expect(channel).toBeGreaterThan(245);
    expect(pixel(frame, 20, 97)).toEqual([114, 114, 114]);
    expect(pixel(frame, 127, 127)).toEqual([114, 114, 114]);
  }
});

test('a picture narrower than the input is padded on its right', async () => {
  const decoder = open({ shape: { widthPx: 200, heightPx: 120, fit: 'letterbox' } });
  await play(decoder, CLIP.slice(0, 3));
  await vi.waitFor(() => {
    expect(frames.length).toBeGreaterThan(0);
  }, POLL);
  const [frame] = frames as [AnalysisFrame];
  expect(frame.letterbox).toMatchObject({ scaledWidthPx: 160, scaledHeightPx: 120 });
  expect(pixel(frame, 158, 119)[0]).toBeGreaterThan(245);
  for (const y of [0, 60, 119]) expect(pixel(frame, 160, y)).toEqual([114, 114, 114]);
});

test('a frame in a new shape follows a reshape', async () => {
  const decoder = open();
  await play(decoder, CLIP.slice(0, 3));
  decoder.reshape({ widthPx: 64, heightPx: 64, fit: 'stretch' });
  await play(decoder, CLIP.slice(3, 10), 3);
  await vi.waitFor(() => {
    expect(frames.at(-1)).toMatchObject({ widthPx: 64, letterbox: { scaledWidthPx: 64, scaledHeightPx: 64 } });
  }, POLL);
});

test('a lower wanted rate passes fewer frames and decodes all', async () => {
  const decoder = open({ maxFps: 5 });
  await play(decoder, CLIP);
  expect(decoder.stats().decoded).toBe(40);
  await vi.waitFor(() => {
    expect(frames.length).toBeGreaterThan(10);
  }, POLL);
  expect(frames.length).toBeLessThan(16);
});

test('while nobody takes frames all are decoded, one waits and only the newest follows it', async () => {
  const decoder = open();
  for (const [i, picture] of CLIP.slice(0, 10).entries()) decoder.push(accessUnit(picture, i));
  blockUntil(() => decoder.stats().decoded === 10);
  await vi.waitFor(() => {
    expect(frames.at(-1)?.ticks90k).toBe(START + 9 * STEP);
  }, POLL);
  expect(frames.map(({ ticks90k }) => (ticks90k - START) / STEP)).toEqual([0, 9]);
  expect(decoder.stats()).toMatchObject({ decoded: 10, handedOn: 2, overtaken: 8, dropped: 0 });
});

test('a camera far ahead of the thread is dropped to a key frame and counted, then followed again', async () => {
  const decoder = open();
  const flood = Array.from({ length: 2000 }, (_, i) => accessUnit(CLIP[i % 10] as CodedPicture, i));
  for (const unit of flood) decoder.push(unit);
  // All but what may be on its way to the thread: room for the ten seconds that a sleeping camera's waking hands over.
  expect(decoder.stats().dropped).toBeGreaterThan(1440);
  await vi.waitFor(() => {
    expect(frames.length).toBeGreaterThan(0);
  }, POLL);
  await play(decoder, CLIP.slice(0, 10), 2000);
  await vi.waitFor(() => {
    expect(frames.at(-1)?.ticks90k).toBe(START + 2009 * STEP);
  }, POLL);
});

test('units before the first key frame are ignored', async () => {
  const decoder = open();
  for (const [i, picture] of CLIP.slice(1, 10).entries()) decoder.push(accessUnit(picture, i));
  await play(decoder, CLIP.slice(10, 12), 10);
  expect(decoder.stats()).toMatchObject({ decoded: 2, dropped: 9, errors: 0 });
});

test('a change of resolution in mid-stream gives frames of the new size', async () => {
  const decoder = open();
  await play(decoder, CLIP.slice(0, 10));
  await play(decoder, OTHER_SIZE, 10);
  await play(decoder, CLIP.slice(10, 20), 20);
  await vi.waitFor(() => {
    expect(frames.at(-1)?.letterbox.scaledHeightPx).toBe(96);
  }, POLL);
  const square = frames.filter((frame) => frame.letterbox.scaledHeightPx === 128);
  expect(square.length).toBeGreaterThan(0);
  for (const frame of square) expect(Math.abs((pixel(frame, 64, 120)[0] ?? 0) - 98)).toBeLessThan(8);
  expect(failures).toEqual([]);
});

test('corrupted access units are counted and the next clean key frame shows again', async () => {
  const decoder = open();
  let seed = 1;
  const random = (below: number): number => (seed = (seed * 48271) % 0x7fffffff) % below;
  const corrupted = Array.from({ length: 300 }, (_, i) => {
    const { nalUnits, isKeyFrame } = CLIP[i % CLIP.length] as CodedPicture;
    const broken = nalUnits.map((nalUnit) => {
      const copy = Buffer.from(nalUnit).subarray(0, 1 + random(nalUnit.length));
      for (let n = 0; n < 4; n += 1) copy[random(copy.length)] = random(256);
      return copy;
    });
    return { nalUnits: broken, isKeyFrame };
  });
  await play(decoder, CLIP.slice(0, 5));
  for (const [i, picture] of corrupted.entries()) {
    decoder.push(accessUnit(picture, 5 + i));
    if (i % 20 === 19) await new Promise(setImmediate);
  }
  await vi.waitFor(() => {
    expect(decoder.stats().errors).toBeGreaterThan(0);
  }, POLL);
  await play(decoder, CLIP.slice(0, 10), 400);
  await vi.waitFor(() => {
    expect(frames.at(-1)?.ticks90k).toBe(START + 409 * STEP);
  }, POLL);
  const last = frames.at(-1) as AnalysisFrame;
  expect(Math.abs((pixel(last, 20, 50)[0] ?? 0) - ((30 + 36 - 16) * 255) / 219)).toBeLessThan(8);
  expect(failures).toEqual([]);
});

test('a unit without a picture is counted and costs nothing else', async () => {
  const decoder = open();
  await play(decoder, CLIP.slice(0, 3));
  decoder.push({ ...accessUnit(CLIP[3] as CodedPicture, 3), nalUnits: [Buffer.from([0x1f, 1, 2, 3])] });
  await play(decoder, CLIP.slice(3, 6), 4);
  expect(decoder.stats()).toMatchObject({ decoded: 6, errors: 1 });
});

test('the poster is a JPEG of the newest picture, no wider than asked for and never enlarged', async () => {
  const decoder = open();
  expect(await decoder.poster(200)).toBeNull();
  await play(decoder, CLIP.slice(0, 10));
  const small = await decoder.poster(200);
  expect(jpegSize(small)).toEqual({ widthPx: 200, heightPx: 150 });
  expect(jpegSize(await decoder.poster(2000))).toEqual({ widthPx: 320, heightPx: 240 });
});

test('the death of its thread is told once, with no poster left waiting', async () => {
  const decoder = open();
  await play(decoder, CLIP.slice(0, 2));
  const poster = decoder.poster(100);
  await threads[0]?.terminate();
  await vi.waitFor(() => {
    expect(failures).toHaveLength(1);
  }, POLL);
  expect(failures[0]).toMatchObject({ code: 'media.decode-failed', retryable: true });
  expect(failures[0]?.message).toContain('cam-1');
  await expect(poster).resolves.not.toBe(undefined);
  await expect(decoder.poster(100)).resolves.toBeNull();
  decoder.push(accessUnit(CLIP[0] as CodedPicture, 3));
  decoder.close();
  expect(failures).toHaveLength(1);
});

test('cameras share a thread, which goes on when one of them leaves and fails them all when it dies', async () => {
  const byOneThread = openDecoders(1);
  const [a, b, c] = ['a', 'b', 'c'].map((camera) => open({ camera }, byOneThread)) as [Decoder, Decoder, Decoder];
  for (const decoder of [a, b, c]) await play(decoder, CLIP.slice(0, 3));
  expect(threads).toHaveLength(1);
  a.close();
  for (const decoder of [b, c]) await play(decoder, CLIP.slice(3, 6), 3);
  await threads[0]?.terminate();
  await vi.waitFor(() => {
    expect(failures.map(({ message }) => /decodes (\w)/.exec(message)?.[1])).toEqual(['b', 'c']);
  }, POLL);
  await play(open({ camera: 'b' }, byOneThread), CLIP.slice(0, 3));
  expect(threads).toHaveLength(2);
});

test('a camera that floods its thread leaves the other its turns', async () => {
  const big = encodeClip({
    widthPx: 1280,
    heightPx: 720,
    frames: 120,
    gop: 120,
    luma: (frame, x) => (frame * x) % 200,
  });
  const byOneThread = openDecoders(1);
  const [flooding, calm] = [open({ camera: 'a' }, byOneThread), open({ camera: 'b' }, byOneThread)] as const;
  await play(calm, CLIP.slice(0, 1));
  for (const [i, picture] of big.entries()) flooding.push(accessUnit(picture, i));
  for (const i of [1, 2, 3]) calm.push(accessUnit(CLIP[i] as CodedPicture, i));
  blockUntil(() => calm.stats().decoded === 4);
  expect(flooding.stats().decoded).toBeLessThan(60);
});

test('a closed decoder ends its thread and says nothing more', async () => {
  const decoder = open();
  await play(decoder, CLIP.slice(0, 2));
  const ended = new Promise((resolve) => threads[0]?.once('exit', resolve));
  decoder.close();
  const before = frames.length;
  expect(await ended).toBe(0); // By itself: an ended one leaves with 1.
  expect(frames).toHaveLength(before);
  expect(failures).toEqual([]);
});

/** Holds up this thread's event loop. */
function blockUntil(isDone: () => boolean): void {
  const nap = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < 5000 && !isDone(); i += 1) Atomics.wait(nap, 0, 0, 1);
}

/** Width and height from the start-of-frame segment (ITU-T T.81 B.2.2). */
function jpegSize(jpeg: Uint8Array | null): { widthPx: number; heightPx: number } {
  const bytes = Buffer.from(jpeg ?? []);
  expect(bytes.readUInt16BE(0)).toBe(0xffd8);
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  return { heightPx: bytes.readUInt16BE(at + 5), widthPx: bytes.readUInt16BE(at + 7) };
}
