import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PictureDecoder } from '#media/frames/h264.nodeav.ts';
import { toAnnexB } from '../h264/annexb.ts';
import { openFirstGops, openSceneLoop } from './loop.ts';
import type { LoopReader, LoopUnit, SceneLoop } from './loop.port.ts';

const SEED = 1_000_123;

describe('the loop of a scene', () => {
  let cacheDir = '';
  const opened: SceneLoop[] = [];

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'footfall-loop-'));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((loop) => loop.close()));
    await rm(cacheDir, { recursive: true, force: true });
  });

  /** A loop of 4 s. */
  const open = async (): Promise<SceneLoop> => {
    const loop = await openFirstGops({ scene: 'hall', seed: SEED, cacheDir }, 2);
    opened.push(loop);
    return loop;
  };
  const chunk = async (name: string): Promise<string> => join(cacheDir, (await readdir(cacheDir))[0] ?? '', name);

  it('decodes to one picture a unit at the promised size, through its end and on from its start', async () => {
    const { sub } = await open();
    const units = await unitsOf(sub, 0, sub.unitsPerLoop + sub.unitsPerGop);
    const decoder = new PictureDecoder();
    let pictures = 0;
    const areClean = units.map((unit) => decoder.decode(toAnnexB([...unit.nalUnits]), 0, () => pictures++));
    expect(areClean.every(Boolean)).toBe(true);
    expect(pictures).toBe(3 * sub.unitsPerGop);
    expect(decoder.rgb({ widthPx: 640, heightPx: 360, fit: 'letterbox' })?.letterbox).toMatchObject({
      scaledWidthPx: sub.widthPx,
      scaledHeightPx: sub.heightPx,
    });
    decoder.close();
  });

  it('begins every group with SPS, PPS and a key frame, and counts on through repeats', async () => {
    const { main } = await open();
    const units = await unitsOf(main, 0, main.unitsPerLoop);
    units.forEach((unit, i) => expect(unit.isKeyFrame).toBe(i % main.unitsPerGop === 0));
    expect(units[0]?.nalUnits.map((nal) => (nal[0] ?? 0) & 31).slice(0, 3)).toEqual([7, 8, 5]);
    expect(units).toHaveLength(2 * main.unitsPerGop);
    expect(await main.unit(7 * main.unitsPerLoop + 3)).toEqual(units[3]);
  });

  it('renders a truncated chunk again, and only that one', async () => {
    const first = await open();
    const before = await first.main.unit(0);
    await first.sub.unit(first.sub.unitsPerLoop - 1);
    await first.close();
    await truncate(await chunk('main-000.gop'), 1000);
    const { mtimeMs } = await stat(await chunk('sub-000.gop'));
    const second = await open();
    expect(second.progress()).toBe(0.75);
    expect(await second.main.unit(0)).toEqual(before);
    expect((await stat(await chunk('main-000.gop'))).size).toBeGreaterThan(1000);
    expect((await stat(await chunk('sub-000.gop'))).mtimeMs).toBe(mtimeMs);
  });

  it('renders a chunk again that went bad while the loop was open', async () => {
    const { sub } = await open();
    await unitsOf(sub, 0, sub.unitsPerLoop);
    // Another reader of the same cache has nothing unpacked yet.
    const other = await open();
    await writeFile(await chunk('sub-000.gop'), 'nonsense');
    expect(await other.sub.unit(0)).toEqual(await sub.unit(0));
  });

  it('refuses pending and later units with `aborted` once it is closed', async () => {
    const loop = await open();
    const pending = loop.main.unit(loop.main.unitsPerLoop - 1);
    const rejected = expect(pending).rejects.toMatchObject({ code: 'aborted' });
    await loop.close();
    await rejected;
    await expect(loop.sub.unit(0)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('refuses a seed that is no whole number', async () => {
    await expect(openSceneLoop({ scene: 'hall', seed: 1.5, cacheDir })).rejects.toMatchObject({
      code: 'input.invalid',
    });
  });
});

function unitsOf(reader: LoopReader, from: number, count: number): Promise<LoopUnit[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => reader.unit(from + i)));
}
