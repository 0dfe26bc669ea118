import { afterEach, expect, test, vi } from 'vitest';
import type { CodedPicture } from '#media/h264/annexb.ts';
import type { AccessUnit } from '#media/packet.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { openDecoder } from './decoder.nodeav.ts';
import type { Decoder, DecoderOptions, Look, StillPicture } from './decoder.port.ts';
import type { AnalysisFrame } from './frame.ts';

const START = 90_000;
const POLL = { timeout: 20_000, interval: 2 };

/** Nothing moves for 4 s at 10 a second, then something does. */
const STILL = encodeClip({
  widthPx: 320,
  heightPx: 240,
  frames: 50,
  gop: 20,
  luma: (frame, x, y) => (frame >= 40 && x < 0.3 && y < 0.5 ? 160 : 60),
});
const TENTH_S = 9000;

const opened: Decoder[] = [];

afterEach(() => {
  for (const decoder of opened.splice(0)) decoder.close();
});

/** A decoder that motion decides for, and all it tells. */
function gated(options: Partial<DecoderOptions> = {}) {
  const [frames, stills, looks]: [{ ticks90k: number }[], StillPicture[], Look[]] = [[], [], []];
  const decoder = openDecoder({
    camera: 'cam-1',
    shape: { widthPx: 128, heightPx: 128, fit: 'letterbox' },
    maxFps: 10,
    onFrame: ({ ticks90k }) => void frames.push({ ticks90k }),
    onStill: (picture) => void stills.push(picture),
    onLook: (look) => void looks.push(look),
    onFailed: (error) => {
      throw error;
    },
    ...options,
  });
  opened.push(decoder);
  return { decoder, frames, stills, looks };
}

function tenth(i: number): AccessUnit {
  const ticks90k = START + i * TENTH_S;
  const times = { ticks90k, rtpTimestamp: ticks90k, receivedAtMs: 5000 + i };
  return { codec: 'H264', ...(STILL[i] as CodedPicture), ...times, isDamaged: false };
}

async function playStill(
  decoder: Decoder,
  from: number,
  until: number,
  use?: Parameters<Decoder['push']>[1],
): Promise<void> {
  for (let i = from; i < until; i += 1) {
    const { decoded } = decoder.stats();
    decoder.push(tenth(i), use);
    await vi.waitFor(() => {
      expect(decoder.stats().decoded).toBeGreaterThan(decoded);
    }, POLL);
    await new Promise(setImmediate);
  }
}

const placesOf = (all: readonly { ticks90k: number }[]): number[] =>
  all.map(({ ticks90k }) => (ticks90k - START) / TENTH_S);

test('pictures in which nothing moves are told without their pixels, save for one a second', async () => {
  const { decoder, frames, stills } = gated();
  await playStill(decoder, 0, 40);
  await vi.waitFor(() => {
    expect(placesOf(stills).at(-1)).toBe(39);
  }, POLL);
  const late = placesOf(frames).filter((i) => i > 12);
  expect(late.length).toBeGreaterThanOrEqual(2);
  expect(late.length).toBeLessThanOrEqual(3);
  expect(stills.at(-1)?.stillForMs).toBeCloseTo(3900, 0);
  await playStill(decoder, 40, 42);
  await vi.waitFor(() => {
    expect(placesOf(frames)).toEqual(expect.arrayContaining([41]));
  }, POLL);
});

test('while somebody is near a line every picture is a frame', async () => {
  const { decoder, frames, stills } = gated();
  decoder.attend({ sight: 'near', maxFps: 10 });
  await playStill(decoder, 0, 30);
  await vi.waitFor(() => {
    expect(placesOf(frames).at(-1)).toBe(29);
  }, POLL);
  expect(stills).toEqual([]);
});

test('a look brings a frame of a still scene and none of one that changed', async () => {
  const { decoder, looks } = gated();
  await playStill(decoder, 0, 20);
  await playStill(decoder, 20, 21, 'look');
  await playStill(decoder, 40, 41, 'look');
  await vi.waitFor(() => {
    expect(looks).toHaveLength(2);
  }, POLL);
  expect(placesOf(looks)).toEqual([20, 40]);
  expect(looks[0]?.frame).toMatchObject({ widthPx: 128, ticks90k: looks[0]?.ticks90k });
  expect(looks[1]?.frame).toBeNull();
});

test('a look at what cannot be decoded is answered, too', async () => {
  const { decoder, looks } = gated();
  await playStill(decoder, 0, 3);
  decoder.push({ ...tenth(20), nalUnits: [Buffer.from([0x65, 1, 2, 3])] }, 'look');
  await vi.waitFor(() => {
    expect(looks).toEqual([{ ticks90k: tenth(20).ticks90k, frame: null }]);
  }, POLL);
});

test('frames of pictures that were held back all come, one by one, whatever the gate says', async () => {
  const taken: number[] = [];
  const slow = async (frame: AnalysisFrame): Promise<void> => {
    taken.push(...placesOf([frame]));
    await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const { decoder } = gated({ onFrame: slow });
  await playStill(decoder, 0, 1);
  for (let i = 1; i < 4; i += 1) decoder.push(tenth(i), 'chain');
  for (let i = 4; i < 40; i += 1) decoder.push(tenth(i), 'late');
  await vi.waitFor(() => {
    expect(taken.at(-1)).toBe(39);
  }, POLL);
  expect(taken).toEqual([0, ...Array.from({ length: 36 }, (_, i) => i + 4)]);
});
