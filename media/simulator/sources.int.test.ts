import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Decoder, Demuxer } from 'node-av';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toAnnexB } from '../h264/annexb.ts';
import { NAL, nalType } from '../h264/nal-unit.ts';
import { readBarcode } from './barcode.ts';
import { openFileSource } from './file-source.node-av.ts';
import { openLiveBarcode } from './live-barcode.node-av.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function makeClip(name: string, ...coding: string[]): Promise<string> {
  const path = join(folder, name);
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=20:duration=1'];
  await run('ffmpeg', ['-v', 'error', ...picture, '-pix_fmt', 'yuv420p', ...coding, path]);
  return path;
}

const X264 = ['-c:v', 'libx264', '-g', '10'];

describe('openFileSource', () => {
  it('repeats an MP4 with B frames, each picture at its own time', async () => {
    const source = await openFileSource(
      await makeClip('b-frames.mp4', ...X264, '-bf', '2', '-x264-params', 'b-adapt=0'),
    );
    expect(source.fps).toBe(20);
    const units = await Promise.all(Array.from({ length: 40 }, (_, i) => source.unit(i)));
    const shownAt = units.map((unit, i) => Math.round(i * 50 + (unit.reorderMs ?? 0)));
    expect(shownAt.slice(0, 20).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i * 50 + (shownAt[0] ?? 0)),
    );
    expect(shownAt.slice(0, 20)).not.toEqual(shownAt.slice(0, 20).toSorted((a, b) => a - b));
    expect(units[20]).toBe(units[0]);
    expect(units[0]?.nalUnits.map(nalType)).toEqual(expect.arrayContaining([NAL.sps, NAL.pps, NAL.idrSlice]));
  });

  it('repeats a byte stream at the rate it is told', async () => {
    const source = await openFileSource(await makeClip('stream.h264', ...X264, '-bf', '0'), { fps: 10 });
    expect(source.fps).toBe(10);
    expect([1, 11].map((i) => source.nextKeyFrame(i))).toEqual([10, 20]);
    expect((await source.parameterSets()).sps.length).toBeGreaterThan(4);
  });

  it('refuses a file that is missing, no video, or not H.264, and says which', async () => {
    const text = join(folder, 'letter.mp4');
    await writeFile(text, 'Dear camera');
    const mpeg4 = await makeClip('old.mp4', '-c:v', 'mpeg4');
    await expect(openFileSource(join(folder, 'none.h264'))).rejects.toMatchObject({ code: 'input.invalid' });
    await expect(openFileSource(join(folder, 'none.mp4'))).rejects.toMatchObject({ code: 'input.invalid' });
    await expect(openFileSource(text)).rejects.toMatchObject({ code: 'input.invalid' });
    await expect(openFileSource(mpeg4)).rejects.toMatchObject({ code: 'camera.no-h264' });
  });
});

describe('openLiveBarcode', () => {
  const options = { widthPx: 640, heightPx: 360, fps: 25, bitsPerSecond: 500_000, gopUnits: 5 };

  it('burns in the instant at which a picture was asked for', async () => {
    const source = await openLiveBarcode(options);
    const nalUnits: Buffer[] = [];
    const before = Date.now() % 2 ** 32;
    for (let i = 0; i < 5; i++) nalUnits.push(...(await source.unit(i)).nalUnits);
    const after = Date.now() % 2 ** 32;
    await source.close();
    const readings = await readClocks(toAnnexB(nalUnits));
    expect(readings).toHaveLength(5);
    expect(readings.every((reading) => reading !== null && reading >= before && reading <= after)).toBe(true);
    expect(readings).toEqual(readings.toSorted());
  });

  it('gives a key frame every gopUnits and after every gap', async () => {
    const source = await openLiveBarcode(options);
    const keys: number[] = [];
    for (const i of [0, 1, 2, 3, 4, 5, 6, 20, 21, 22, 23, 24, 25]) if ((await source.unit(i)).isKeyFrame) keys.push(i);
    expect(keys).toEqual([0, 5, 20, 25]);
    expect([1, 5].map((i) => source.nextKeyFrame(i))).toEqual([5, 5]);
    await source.close();
  });

  it('ends what is asked for after its end with aborted, and closes twice', async () => {
    const source = await openLiveBarcode(options);
    const [last] = await Promise.all([source.unit(0), source.close(), source.close()]);
    expect(last.isKeyFrame).toBe(true);
    await expect(source.unit(1)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('refuses a picture too narrow for the code', async () => {
    await expect(openLiveBarcode({ ...options, widthPx: 320 })).rejects.toMatchObject({ code: 'input.invalid' });
  });
});

async function readClocks(byteStream: Buffer): Promise<(number | null)[]> {
  const path = join(folder, 'clock.h264');
  await writeFile(path, byteStream);
  await using demuxer = await Demuxer.open(path);
  const track = demuxer.video();
  if (track === undefined) throw new Error('no video in what was encoded');
  using decoder = await Decoder.create(track);
  const readings: (number | null)[] = [];
  for await (const frame of decoder.frames(demuxer.packets(track.index))) {
    const luma = frame?.data?.[0];
    const widthPx = frame?.linesize[0];
    if (luma !== undefined && widthPx !== undefined) readings.push(readBarcode(luma, widthPx));
    frame?.free();
  }
  return readings;
}
