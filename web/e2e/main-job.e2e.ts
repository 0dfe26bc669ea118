import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { Product } from '#ops/testkit/product.ts';
import { missedWithEvidence } from './evidence.ts';
import {
  compareCrossings,
  eventually,
  framesOnPage,
  median,
  overlapsWithTruth,
  storedCrossings,
  totalsInBucket,
  totalsInDatabase,
  totalsOnPage,
  type Totals,
} from './reading.ts';
import { renderedScenes, type Scenes } from './scenes.ts';

/**
 * The main job on the whole product: two cameras with scenes nobody has seen before, live in Chromium, counted right, kept
 * through a reload and a restart. The steps build on one another.
 */
const CAMERAS = ['entrance', 'hall'] as const;
const FIRST_CROSSINGS = 20;

let scenes: Scenes;
let product: Product;
let browser: Browser;
let page: Page;
let bus: Bus;

beforeAll(async () => {
  scenes = await renderedScenes();
  product = await Product.start(scenes);
  bus = await product.bus();
  browser = await launchChromium();
  ({ page } = await openPage(browser, product.url));
});

afterAll(async () => {
  await browser.close();
  await bus.close();
  await product.stop();
  product.remove();
});

async function trueTotals(camera: string): Promise<Totals> {
  const crossings = await product.simulator.crossings(camera);
  return {
    in: crossings.filter(({ direction }) => direction === 'in').length,
    out: crossings.filter(({ direction }) => direction === 'out').length,
  };
}

/** Everything that claims to know the counts, side by side. */
async function everyAccount(camera: string, before: Totals = { in: 0, out: 0 }): Promise<Record<string, Totals>> {
  const truth = await trueTotals(camera);
  return {
    page: await totalsOnPage(page, camera),
    bucket: await totalsInBucket(bus, camera),
    database: await totalsInDatabase(product, camera),
    truth: { in: truth.in + before.in, out: truth.out + before.out },
  };
}

function agree(accounts: Record<string, Totals>): boolean {
  return (
    new Set(Object.values(accounts).map(({ in: entered, out: left }) => `${String(entered)}/${String(left)}`)).size ===
    1
  );
}

/** Waits until all accounts say the same; fails with what the product knows of those it missed. */
async function untilAllAgree(camera: string, limitMs = 30_000, before?: Totals): Promise<Record<string, Totals>> {
  try {
    return await eventually(`accounts of ${camera}`, () => everyAccount(camera, before), agree, limitMs);
  } catch (error) {
    throw new Error(await missedWithEvidence(product, camera), { cause: error });
  }
}

test('both cameras are live in the browser: decoded frames advance', async () => {
  for (const camera of CAMERAS) {
    const first = await eventually(
      `frames of ${camera}`,
      () => framesOnPage(page, camera),
      (frames) => frames > 0,
      60_000,
    );
    await eventually(
      `more frames of ${camera}`,
      () => framesOnPage(page, camera),
      (frames) => frames >= first + 30,
      20_000,
    );
  }
});

test('boxes lie on the walkers', async () => {
  await Promise.all(
    CAMERAS.map(async (camera) => {
      const overlaps: number[] = [];
      const watch = async (): Promise<number> => overlaps.push(...(await overlapsWithTruth(product, bus, camera, 12)));
      // Scenes have quiet stretches.
      await eventually(`walkers of ${camera} in plain view`, watch, (seen) => seen > 20, 60_000);
      const middle = median(overlaps);
      process.stderr.write(`median overlap on ${camera}: ${middle.toFixed(3)} of ${String(overlaps.length)} walkers\n`);
      expect(middle).toBeGreaterThanOrEqual(0.5);
    }),
  );
});

test('after the first twenty crossings page, KV and PostgreSQL equal the truth', async () => {
  await eventually(
    'true crossings',
    async () =>
      (await product.simulator.crossings('entrance')).length + (await product.simulator.crossings('hall')).length,
    (crossings) => crossings >= FIRST_CROSSINGS,
    180_000,
  );
  for (const camera of CAMERAS) {
    const accounts = await untilAllAgree(camera);
    process.stderr.write(`${camera}: ${JSON.stringify(accounts)}\n`);
  }
});

test('every stored crossing is a true one: same direction, same instant', async () => {
  for (const camera of CAMERAS) {
    // The truth is asked for last: somebody may cross between the two questions.
    const stored = await storedCrossings(product, camera);
    const truth = await product.simulator.crossings(camera);
    expect(compareCrossings(stored, truth).invented).toEqual([]);
  }
});

test('a reload keeps the numbers', async () => {
  await page.reload();
  for (const camera of CAMERAS) await untilAllAgree(camera);
});

test('a full restart keeps the numbers and counts on', async () => {
  // The scenes begin anew with the simulator, so what was counted before is what the truth grows on.
  const before = new Map<string, Totals>();
  await bus.close();
  const { code, tookMs } = await product.stop();
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(10_000);
  const { dataDir } = product;
  product = await Product.start({ ...scenes, dataDir });
  bus = await product.bus();
  for (const camera of CAMERAS) {
    const stored = await storedCrossings(product, camera);
    const startedAtMs = Date.now() - product.startedInMs;
    const old = stored.filter(({ atMs }) => atMs < startedAtMs);
    before.set(camera, {
      in: old.filter(({ direction }) => direction === 'in').length,
      out: old.filter(({ direction }) => direction === 'out').length,
    });
    expect(old.length).toBeGreaterThan(0);
  }
  await page.goto(product.url);
  await eventually(
    'new crossings',
    async () => (await product.simulator.crossings('entrance')).length,
    (crossings) => crossings >= 3,
    60_000,
  );
  for (const camera of CAMERAS) {
    await untilAllAgree(camera, 40_000, before.get(camera));
  }
});
