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
import { measureServerShare } from './latency.server-share.ts';
import { percentile } from './percentile.ts';
import { addCamera, untilShown } from './watched-page.ts';

const MAIN = { widthPx: 1280, heightPx: 720, fps: 25, bitsPerSecond: 2_000_000, gopUnits: 50 };
const SUB = { widthPx: 640, heightPx: 360, fps: 10, bitsPerSecond: 400_000, gopUnits: 20 };
const SETTLE_MS = 5_000;
const MEASURE_MS = 30_000;
const SERVER_MS = 20_000;

/**
 * Glass to glass: the wall clock is burned into each picture as a bar code when it is drawn, and read from the video on the
 * page when the browser shows it. Camera, product and browser are on this machine, so one clock serves. Then, without the
 * browser, the server's share of it.
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
  const streams = camera.paths();
  const mainStream = streams.get('/clock/main')?.stream;
  if (mainStream === undefined) throw new Error('the camera has no main stream');
  const rtsp = await openRtspServer({ port: 0, streams });
  const product = await Product.start({ simulatedCameras: 'none' });
  const browser = await launchChromium();
  try {
    const address = `rtsp://127.0.0.1:${String(rtsp.port)}/clock`;
    await addCamera(product.url, 'Clock', `${address}/main`, `${address}/sub`);
    const { page } = await openPage(browser, `${product.url}/cameras/clock`);
    await untilShown(page, 'clock');
    say(`measuring for ${String(MEASURE_MS / 1000)} s`);
    await page.waitForTimeout(SETTLE_MS);
    const { glass, unreadable, boxes } = await measure(page);
    await page.close();
    say('measuring the server alone');
    const server = await measureServerShare(`${product.url}/whep/clock`, mainStream, SERVER_MS);
    return {
      p50Ms: percentile(glass, 0.5),
      p95Ms: percentile(glass, 0.95),
      serverP50Ms: percentile(server, 0.5),
      serverP95Ms: percentile(server, 0.95),
      boxesP95Ms: percentile(boxes, 0.95),
      samples: glass.length,
      serverSamples: server.length,
      unreadable,
      video: `${String(MAIN.widthPx)}x${String(MAIN.heightPx)} at ${String(MAIN.fps)} fps`,
      ...measuredOn(),
      runs: 1,
    };
  } finally {
    await browser.close();
    await product.stop();
    product.remove();
    await rtsp.close();
    await Promise.all([main.close(), sub.close()]);
  }
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
