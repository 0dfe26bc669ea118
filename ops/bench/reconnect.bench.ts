import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { cameraStateSchema } from '#protocol/camera.ts';
import { subjects } from '#protocol/subjects.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { testSteps } from '#ops/setup/steps.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { CuttableProxy } from '#ops/testkit/cuttable-proxy.ts';
import { Product } from '#ops/testkit/product.ts';
import type { BenchResult } from './bench-result.ts';
import { percentile } from './percentile.ts';
import { untilShown } from './watched-page.ts';

const CAMERA = 'entrance';
const SCENE = `${CAMERA}:1000001`;
const RUNS = 3;
/** Motion is motion when so many frames have come. */
const MOVING_FRAMES = 3;
const SETTLE_MS = 8_000;
const LIMIT_MS = 60_000;
const AT_MOST_MS = 3_000;

/** Starts something that stops the picture; resolves when the cause has ended, with the epoch ms at which it did. */
type Cause = () => Promise<number>;

interface Resumed {
  readonly afterMs: number;
  /** From the camera's being told live again; null where it was all the time, or the picture was faster. */
  readonly afterLiveMs: number | null;
}

/**
 * How long after the end of its cause a picture moves again, without a reload: a relay process killed (over when there is
 * another), a camera that was offline, a network that was cut between browser and server. Key frames come every 2 s.
 */
export async function run(): Promise<BenchResult> {
  await runSteps(testSteps(readEnv()));
  const product = await Product.start({ simulatedCameras: SCENE, cacheDir: readEnv().cacheDir });
  const network = await CuttableProxy.open(product.url);
  const browser = await launchChromium();
  const bus = await product.bus();
  const liveAtMs: number[] = [];
  bus.subscribeLive(subjects.liveState(CAMERA), cameraStateSchema, ({ state }) => {
    if (state === 'live') liveAtMs.push(Date.now());
  });
  try {
    const { page } = await openPage(browser, `${network.url}/cameras/${CAMERA}`);
    await untilShown(page, CAMERA);
    await page.evaluate(readFileSync(new URL('reconnect.page.js', import.meta.url), 'utf8'));
    const causes: Record<string, Cause> = {
      relayKilled: () => killRelay(product),
      cameraOffline: () => takeCameraAway(product, 8_000),
      networkCut5s: () => cutNetwork(network, 5_000),
      networkCut20s: () => cutNetwork(network, 20_000),
    };
    const found: Record<string, unknown> = {};
    const missed: string[] = [];
    for (const [name, cause] of Object.entries(causes)) {
      const resumed: Resumed[] = [];
      for (let i = 0; i < RUNS; i += 1) {
        await sleep(SETTLE_MS);
        liveAtMs.length = 0;
        const movingAt = await untilMotionAfter(page, cause);
        const liveAt = liveAtMs.find((atMs) => atMs >= movingAt.causeEndedAtMs);
        const afterLiveMs = liveAt === undefined ? null : movingAt.atMs - liveAt;
        resumed.push({ afterMs: movingAt.atMs - movingAt.causeEndedAtMs, afterLiveMs });
        say(`${name}: ${JSON.stringify(resumed.at(-1))}`);
      }
      const afterMs = resumed.map((each) => each.afterMs);
      const afterLiveMs = resumed.flatMap((each) => each.afterLiveMs ?? []);
      const maxMs = percentile(afterMs, 1);
      found[name] = { p50Ms: percentile(afterMs, 0.5), maxMs, afterLiveMaxMs: percentile(afterLiveMs, 1) };
      if (maxMs === null || maxMs > AT_MOST_MS) missed.push(`${name}: ${String(maxMs)} ms > ${String(AT_MOST_MS)}`);
    }
    return { ...found, missed, ...measuredOn(), runs: RUNS };
  } finally {
    await browser.close();
    await bus.close();
    await network.close();
    await product.stop();
    product.remove();
  }
}

/** When the cause ended and when the picture moved again, by its third frame, epoch ms. A reloaded page has no `frameTimes`. */
async function untilMotionAfter(page: Page, cause: Cause): Promise<{ causeEndedAtMs: number; atMs: number }> {
  await page.evaluate('frameTimes.length = 0');
  const causeEndedAtMs = await cause();
  const deadline = performance.now() + LIMIT_MS;
  while (performance.now() < deadline) {
    const times = await page.evaluate<number[]>('frameTimes');
    const atMs = times.filter((each) => each >= causeEndedAtMs)[MOVING_FRAMES - 1];
    if (atMs !== undefined) return { causeEndedAtMs, atMs };
    await sleep(100);
  }
  throw new Error(`the picture did not move within ${String(LIMIT_MS / 1000)} s`);
}

function relayPids(product: Product): number[] {
  try {
    const found = execFileSync('pgrep', ['-P', String(product.pidOf('worker')), '-f', 'mediasoup-worker']);
    return found.toString().trim().split('\n').map(Number);
  } catch {
    return []; // pgrep found none.
  }
}

/** All of them: one of several may hold another camera. */
async function killRelay(product: Product): Promise<number> {
  const before = relayPids(product);
  if (before.length === 0)
    throw new Error('there is no mediasoup worker to kill: `npm run setup -- mediasoup` brings it');
  for (const pid of before) process.kill(pid, 'SIGKILL');
  for (;;) {
    const now = relayPids(product).filter((pid) => !before.includes(pid));
    if (now.length >= before.length) return Date.now();
    await sleep(20);
  }
}

async function takeCameraAway(product: Product, forMs: number): Promise<number> {
  await product.simulator.fault(CAMERA, { kind: 'offline' });
  await sleep(forMs);
  await product.simulator.fault(CAMERA, { kind: 'recover' });
  return Date.now();
}

async function cutNetwork(network: CuttableProxy, forMs: number): Promise<number> {
  network.cut();
  await sleep(forMs);
  network.mend();
  return Date.now();
}
