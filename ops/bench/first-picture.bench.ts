import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { openLiveBarcode } from '#media/simulator/live-barcode.node-av.ts';
import { openRtspServer } from '#media/simulator/rtsp-server.ts';
import { SimulatedCamera } from '#media/simulator/simulated-camera.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { testSteps } from '#ops/setup/steps.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { launchChromium } from '#ops/testkit/chromium.ts';
import { Product } from '#ops/testkit/product.ts';
import type { BenchResult } from './bench-result.ts';
import { percentile } from './percentile.ts';
import { addCamera, deleteCamera, untilShown } from './watched-page.ts';

const FPS = 25;
const MAIN = { widthPx: 1280, heightPx: 720, fps: FPS };
const SUB = { widthPx: 640, heightPx: 360, fps: 10, bitsPerSecond: 400_000, gopUnits: 20 };
/** Seconds from key frame to key frame, and a rate at which the pictures since the last one fit what is kept of them. */
const CAMERAS = [
  { gopS: 1, bitsPerSecond: 2_000_000 },
  { gopS: 2, bitsPerSecond: 2_000_000 },
  { gopS: 10, bitsPerSecond: 1_000_000 },
] as const;
const OPENINGS = 8;
/** Coprime to every GOP, so that openings fall anywhere between two key frames. */
const APART_MS = 3_370;
const LIMIT_MS = 30_000;

interface Opening {
  readonly posterMs: number | null;
  readonly frameMs: number | null;
  readonly motionMs: number | null;
}

/**
 * A camera's page opened cold (a new browser profile each time): from navigation to the poster, to the video's first frame
 * and to its second, by how rarely the camera sends key frames.
 */
export async function run(): Promise<BenchResult> {
  await runSteps(testSteps(readEnv()));
  const product = await Product.start({ simulatedCameras: 'none' });
  const browser = await launchChromium();
  try {
    const byGop: Record<string, unknown> = {};
    for (const { gopS, bitsPerSecond } of CAMERAS) {
      say(`a key frame every ${String(gopS)} s: ${String(OPENINGS)} openings`);
      byGop[`gop${String(gopS)}s`] = await measureCamera(browser, product, gopS, bitsPerSecond);
    }
    return { ...byGop, openings: OPENINGS, video: '1280x720 at 25 fps', ...measuredOn(), runs: 1 };
  } finally {
    await browser.close();
    await product.stop();
    product.remove();
  }
}

async function measureCamera(
  browser: Browser,
  product: Product,
  gopS: number,
  bitsPerSecond: number,
): Promise<Record<string, number | null>> {
  const main = await openLiveBarcode({ ...MAIN, bitsPerSecond, gopUnits: gopS * FPS });
  const sub = await openLiveBarcode(SUB);
  const camera = new SimulatedCamera({ name: 'clock', main, sub, scene: null });
  const rtsp = await openRtspServer({ port: 0, streams: camera.paths() });
  try {
    const address = `rtsp://127.0.0.1:${String(rtsp.port)}/clock`;
    const id = await addCamera(product.url, `Every ${String(gopS)} s`, `${address}/main`, `${address}/sub`);
    const url = `${product.url}/cameras/${id}`;
    await open(browser, url, id); // Everything is warm but the browser's profile.
    const openings: Opening[] = [];
    for (let i = 0; i < OPENINGS; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, APART_MS));
      openings.push(await open(browser, url, id));
    }
    await deleteCamera(product.url, id);
    return summary(openings);
  } finally {
    camera.close();
    await rtsp.close();
    await Promise.all([main.close(), sub.close()]);
  }
}

async function open(browser: Browser, url: string, camera: string): Promise<Opening> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(readFileSync(new URL('first-picture.page.js', import.meta.url), 'utf8'));
    await page.goto(url);
    await untilShown(page, camera, LIMIT_MS);
    await page.waitForTimeout(500);
    return await page.evaluate<Opening>('firstPicture');
  } finally {
    await context.close();
  }
}

function summary(openings: readonly Opening[]): Record<string, number | null> {
  const found = (key: keyof Opening): number[] => openings.map((each) => each[key]).filter((ms) => ms !== null);
  return {
    posterP50Ms: percentile(found('posterMs'), 0.5),
    posterMaxMs: percentile(found('posterMs'), 1),
    frameP50Ms: percentile(found('frameMs'), 0.5),
    frameMaxMs: percentile(found('frameMs'), 1),
    motionP50Ms: percentile(found('motionMs'), 0.5),
    motionMaxMs: percentile(found('motionMs'), 1),
    withoutPoster: openings.filter(({ posterMs }) => posterMs === null).length,
  };
}
