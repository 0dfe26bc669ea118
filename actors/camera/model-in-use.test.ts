import { beforeEach, expect, test } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { ModelCard } from '../inference/detector.port.ts';
import { ModelInUse } from './model-in-use.ts';

const SIZES: Record<string, number> = { small: 64, smaller: 64, large: 416 };
const OLD_FRAME = { widthPx: 64, heightPx: 64 };
const NEW_FRAME = { widthPx: 416, heightPx: 416 };

let refusals: (string | null)[];
let waiting: (() => void)[];
let isSlow: boolean;
let loaded: (string | null)[];
let inUse: ModelInUse;

async function load(model: string | null): Promise<ModelCard> {
  loaded.push(model);
  if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve));
  const side = SIZES[model ?? 'small'];
  if (model === 'hung') throw new AppError('inference.failed', 'no answer');
  if (side === undefined) throw new AppError('model.unreadable', `${String(model)} is a zip`);
  return {
    name: `${String(model)}@12345678`,
    format: 'yolox',
    shape: { widthPx: side, heightPx: side, fit: 'letterbox' },
  };
}

beforeEach(() => {
  refusals = [];
  waiting = [];
  loaded = [];
  isSlow = false;
  inUse = new ModelInUse({ load }, (error) => refusals.push(error?.message ?? null));
});

test('frames under way keep the old model until the first of the new shape comes', async () => {
  await inUse.start('small');
  expect(await inUse.change('large')).toMatchObject(NEW_FRAME);
  expect(inUse.of(OLD_FRAME)).toBe('small');
  expect(inUse.of(NEW_FRAME)).toBe('large');
  expect(refusals).toEqual([null, null]);
});

test('a model of the same shape is in use with the next frame', async () => {
  await inUse.start('small');
  await inUse.change('smaller');
  expect(inUse.of(OLD_FRAME)).toBe('smaller');
});

test('a refused model leaves the running one in use and says why', async () => {
  await inUse.start('small');
  expect(await inUse.change('zipped')).toBeNull();
  expect(inUse.of(OLD_FRAME)).toBe('small');
  expect(refusals).toEqual([null, 'zipped is a zip']);
});

test('a new run goes on with the last model that worked while the wanted one is refused', async () => {
  await inUse.start('small');
  await inUse.change('zipped');
  expect(await inUse.start('zipped')).toMatchObject(OLD_FRAME);
  expect(inUse.of(OLD_FRAME)).toBe('small');
  expect(refusals.at(-1)).toBe('zipped is a zip');
  SIZES['zipped'] = 416;
  expect(await inUse.start('zipped')).toMatchObject(NEW_FRAME);
  delete SIZES['zipped'];
  expect(refusals.at(-1)).toBeNull();
});

test('a first model that is refused, or a fault that may pass, ends the run with its reason', async () => {
  await expect(inUse.start('zipped')).rejects.toMatchObject({ code: 'model.unreadable' });
  await inUse.start('small');
  await expect(inUse.start('hung')).rejects.toMatchObject({ code: 'inference.failed' });
});

test('of two changes the later counts, whichever is loaded first', async () => {
  await inUse.start('small');
  isSlow = true;
  const earlier = inUse.change('large');
  const later = inUse.change('smaller');
  waiting[1]?.();
  expect(await later).toMatchObject(OLD_FRAME);
  waiting[0]?.();
  expect(await earlier).toBeNull();
  expect(inUse.of(OLD_FRAME)).toBe('smaller');
});

test('a late refusal of a model that is no longer wanted is not told', async () => {
  await inUse.start('small');
  isSlow = true;
  const earlier = inUse.change('zipped');
  const later = inUse.change('smaller');
  for (const go of waiting) go();
  await Promise.all([earlier, later]);
  expect(refusals).toEqual([null, null]);
});
