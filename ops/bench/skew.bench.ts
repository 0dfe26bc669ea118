import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { iou, type Box } from '#protocol/geometry.ts';
import { median } from '#ops/replay/median.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { testSteps } from '#ops/setup/steps.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { Product } from '#ops/testkit/product.ts';
import type { BenchResult } from './bench-result.ts';
import { percentile } from './percentile.ts';
import { addCamera, deleteCamera, untilShown } from './watched-page.ts';

const SCENE = 'entrance:1000001';
/** The browser gets the video to wait by and by: a tenth of a second in each. */
const SETTLE_MS = 12_000;
const MEASURE_MS = 30_000;
/** Truth is asked for of one frame in so many. */
const TRUTH_EVERY = 10;
const MAX_LIVE_MS = 100;

interface Shown {
  readonly ticks90k: number;
  readonly skewMs: number;
  readonly tracks: readonly { readonly box: readonly [number, number, number, number] }[];
}

interface Measured {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The same in frames of the shown stream. */
  readonly p95Frames: number | null;
  readonly frames: number;
  readonly frameMs: number | null;
  /** Median overlap of plainly visible walkers with the box drawn on them, on the frame that was shown. */
  readonly overlap: number | null;
}

/**
 * Skew on the page with simulated walkers: distance from each shown frame to the analysed frame whose boxes were drawn on it.
 * `nearest` with the boxes of a second stream; `exact` and `live` where the shown stream is the analysed one.
 */
export async function run(): Promise<BenchResult> {
  await runSteps(testSteps(readEnv()));
  const product = await Product.start({ simulatedCameras: SCENE, cacheDir: readEnv().cacheDir });
  const browser = await launchChromium();
  try {
    const { page } = await openPage(browser, `${product.url}/cameras/entrance`);
    const nearest = await measure(page, product, 'entrance', 'Nearest');
    // One camera at a time: the second stream is measured and done with.
    const address = await mainAddress(product);
    await deleteCamera(product.url, 'entrance');
    const camera = await addCamera(product.url, 'One stream', address, null);
    await page.goto(`${product.url}/cameras/${camera}`);
    const exact = await measure(page, product, camera, 'Exact');
    const live = await measure(page, product, camera, 'Live');
    return { exact, live, nearest, missed: missedBy(exact, live), ...measuredOn(), runs: 1 };
  } finally {
    await browser.close();
    await product.stop();
    product.remove();
  }
}

async function measure(page: Page, product: Product, camera: string, mode: string): Promise<Measured> {
  await untilShown(page, camera);
  await page.getByRole('radio', { name: mode }).check();
  say(`${mode}: settling, then measuring for ${String(MEASURE_MS / 1000)} s`);
  await page.waitForTimeout(SETTLE_MS);
  const script = readFileSync(new URL('skew.page.js', import.meta.url), 'utf8');
  const options = JSON.stringify({ camera, forMs: MEASURE_MS });
  const { frames, shown } = await page.evaluate<{ frames: number; shown: Shown[] }>(
    `${script}; measureSkew(${options})`,
  );
  const skews = shown.map(({ skewMs }) => skewMs);
  const frameMs = median(shown.slice(1).map(({ ticks90k }, i) => (ticks90k - (shown[i]?.ticks90k ?? 0)) / 90));
  const p95Ms = percentile(skews, 0.95);
  return {
    p50Ms: percentile(skews, 0.5),
    p95Ms,
    p95Frames: p95Ms === null || frameMs === null ? null : Math.round((p95Ms / frameMs) * 100) / 100,
    frames,
    frameMs,
    overlap: await overlapWithTruth(product, shown),
  };
}

async function overlapWithTruth(product: Product, shown: readonly Shown[]): Promise<number | null> {
  const overlaps: number[] = [];
  for (const { ticks90k, tracks } of shown.filter((_, index) => index % TRUTH_EVERY === 0)) {
    const drawn = tracks.map(({ box: [x1, y1, x2, y2] }): Box => ({ x1, y1, x2, y2 }));
    for (const { box, visibility } of await product.simulator.boxes('entrance', ticks90k / 90)) {
      if (visibility < 0.8 || box.y2 - box.y1 < 0.08) continue;
      overlaps.push(Math.max(0, ...drawn.map((other) => iou(box, other))));
    }
  }
  return median(overlaps);
}

async function mainAddress(product: Product): Promise<string> {
  const response = await fetch(`${product.url}/api/v1/cameras/entrance`);
  const { camera } = (await response.json()) as { camera: { mainUrl: string } };
  return camera.mainUrl;
}

/** A frame's time is told to a tenth of a millisecond: not a hair more than a frame is asked for. */
function missedBy(exact: Measured, live: Measured): string[] {
  return [
    ...(exact.p95Frames !== null && exact.p95Frames <= 1.01
      ? []
      : [`exact: p95 ${String(exact.p95Frames)} frames > 1`]),
    ...(live.p95Ms !== null && live.p95Ms <= MAX_LIVE_MS ? [] : [`live: p95 ${String(live.p95Ms)} ms > 100`]),
  ];
}
