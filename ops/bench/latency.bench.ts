import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { BARCODE } from '#media/simulator/barcode.ts';
import { openLiveBarcode } from '#media/simulator/live-barcode.node-av.ts';
import { openRtspServer } from '#media/simulator/rtsp-server.ts';
import { SimulatedCamera } from '#media/simulator/simulated-camera.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { testSteps } from '#ops/setup/steps.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { Product } from '#ops/testkit/product.ts';
import type { BenchResult } from './bench-result.ts';

const MAIN = { widthPx: 1280, heightPx: 720, fps: 25, bitsPerSecond: 2_000_000, gopUnits: 50 };
const SUB = { widthPx: 640, heightPx: 360, fps: 10, bitsPerSecond: 400_000, gopUnits: 20 };
const SETTLE_MS = 5_000;
const MEASURE_MS = 30_000;

/**
 * Glass to glass: the wall clock is burned into each picture as a bar code when it is drawn, and read from the video on the
 * page when the browser shows it. Camera, product and browser are on this machine, so one clock serves.
 */
export async function run(): Promise<BenchResult> {
  await runSteps(testSteps(readEnv()));
  const [main, sub] = await Promise.all([openLiveBarcode(MAIN), openLiveBarcode(SUB)]);
  // The camera's own delay is drawing and encoding; none is added to it.
  const noDelay = { sendDelayMs: 0 };
  const camera = new SimulatedCamera({
    name: 'clock',
    main,
    sub,
    scene: null,
    traits: { main: noDelay, sub: noDelay },
  });
  const server = await openRtspServer({ port: 0, streams: camera.paths() });
  const product = await Product.start({ simulatedCameras: 'none' });
  const browser = await launchChromium();
  try {
    const address = `rtsp://127.0.0.1:${String(server.port)}/clock`;
    await addCamera(product.url, `${address}/main`, `${address}/sub`);
    const { page } = await openPage(browser, `${product.url}/cameras/clock`);
    await untilShown(page);
    say(`measuring for ${String(MEASURE_MS / 1000)} s`);
    await page.waitForTimeout(SETTLE_MS);
    const { glass, unreadable, boxes } = await measure(page);
    return {
      p50Ms: percentile(glass, 0.5),
      p95Ms: percentile(glass, 0.95),
      serverP95Ms: null,
      boxesP95Ms: percentile(boxes, 0.95),
      why: { serverP95Ms: 'the server does not stamp its packets on the way out yet' },
      samples: glass.length,
      unreadable,
      video: `${String(MAIN.widthPx)}x${String(MAIN.heightPx)} at ${String(MAIN.fps)} fps`,
      ...measuredOn(),
      runs: 1,
    };
  } finally {
    await browser.close();
    await product.stop();
    product.remove();
    await server.close();
    await Promise.all([main.close(), sub.close()]);
  }
}

/** Asked from outside: the page's content security policy forbids what a wait inside it would need. */
async function untilShown(page: Page): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await page.evaluate<boolean>("(window.__footfall?.frames('clock') ?? 0) > 0"))) {
    if (performance.now() > deadline) throw new Error('the page showed no frame within 30 s');
    await page.waitForTimeout(200);
  }
}

async function addCamera(product: string, url: string, subUrl: string): Promise<void> {
  const response = await fetch(`${product}/api/v1/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: product },
    body: JSON.stringify({ name: 'Clock', url, subUrl }),
  });
  if (!response.ok) throw new Error(`the camera was refused: ${await response.text()}`);
}

interface Ages {
  /** Of the pictures when they were shown, ms. */
  readonly glass: number[];
  readonly unreadable: number;
  /** Of the frames whose boxes arrived, ms. */
  readonly boxes: number[];
}

function measure(page: Page): Promise<Ages> {
  const script = readFileSync(new URL('glass-to-glass.page.js', import.meta.url), 'utf8');
  const options = JSON.stringify({ camera: 'clock', ...BARCODE, forMs: MEASURE_MS });
  return page.evaluate<Ages>(`${script}; measureGlassToGlass(${options})`);
}

function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? null : Math.round(value * 10) / 10;
}
