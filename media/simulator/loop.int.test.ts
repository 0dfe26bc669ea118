import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PictureDecoder } from '#media/frames/h264.nodeav.ts';
import { toAnnexB } from '../h264/annexb.ts';
import { openSceneLoop } from './loop.ts';
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

  const open = async (): Promise<SceneLoop> => {
    const loop = await openSceneLoop({ scene: 'hall', seed: SEED, cacheDir });
    opened.push(loop);
    return loop;
  };

  it('decodes to one picture a unit at the promised size, again from the start as after its end', async () => {
    const { sub } = await open();
    const units = [...(await unitsOf(sub, 0, 2 * sub.unitsPerGop)), ...(await unitsOf(sub, 0, sub.unitsPerGop))];
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
    const units = await unitsOf(main, 0, main.unitsPerGop + 1);
    units.forEach((unit, i) => expect(unit.isKeyFrame).toBe(i % main.unitsPerGop === 0));
    expect(units[0]?.nalUnits.map((nal) => (nal[0] ?? 0) & 31).slice(0, 3)).toEqual([7, 8, 5]);
    expect(main.unitsPerLoop % main.unitsPerGop).toBe(0);
    expect(await main.unit(main.unitsPerLoop)).toEqual(units[0]);
  });

  it('renders a truncated chunk again and plays the others from the cache', async () => {
    const first = await open();
    const before = await first.main.unit(0);
    await first.sub.unit(0);
    await first.close();
    const folder = join(cacheDir, (await readdir(cacheDir))[0] ?? '');
    await truncate(join(folder, 'main-000.gop'), 1000);
    const second = await open();
    expect(await second.main.unit(0)).toEqual(before);
    expect((await readFile(join(folder, 'main-000.gop'))).length).toBeGreaterThan(1000);
  });

  it('notices a chunk damaged while it is open', async () => {
    const loop = await open();
    const before = await loop.sub.unit(0);
    await loop.sub.unit(2 * loop.sub.unitsPerGop);
    const folder = join(cacheDir, (await readdir(cacheDir))[0] ?? '');
    await loop.sub.unit(loop.sub.unitsPerGop);
    await writeFile(join(folder, 'sub-000.gop'), 'nonsense');
    await loop.close();
    const again = await open();
    expect(await again.sub.unit(0)).toEqual(before);
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
