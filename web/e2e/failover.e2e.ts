import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cameraStateSchema } from '#protocol/camera.ts';
import { leaseRecordSchema } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { childEnv } from '#ops/runtime/env.ts';
import { projectRoot } from '#ops/runtime/paths.ts';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { Product } from '#ops/testkit/product.ts';
import { evidenceOf, outagesTold, type Outage } from './evidence.ts';
import { compareCrossings, eventually, framesOnPage, runsUsedTwice, storedCrossings } from './reading.ts';
import { renderedScenes } from './scenes.ts';

/**
 * Two workers share an installation's cameras. One joins and one leaves: cameras are handed over, nobody who passes
 * meanwhile is missed. One hangs, wakes up again, and the other is killed: the cameras are counted by the one that is left.
 * Each time the page follows by itself, and what is stored is what was to be seen.
 */
const CAMERAS = ['entrance', 'hall'] as const;
/** What each measures of a busy machine differs: a camera would rightly stay with the one that has more. */
const CAPACITY = { FOOTFALL_MAX_CAMERAS: '10' };
/** Six seconds of silence, then the claim and a new session; a busy machine gets some more. */
const TAKEN_OVER_WITHIN_MS = 12_000;
/** Until all is calm, nobody is near a line, and the other has its pictures. */
const HANDED_OVER_WITHIN_MS = 60_000;
/** Around an outage a crossing may be missed: a worker new to a camera needs a model, a second, and to know who is there. */
const BLIND_MARGIN_MS = 6_000;

let product: Product;
let browser: Browser;
let page: Page;
let bus: Bus;
let second: ChildProcess;
const secondFolder = mkdtempSync(join(tmpdir(), 'footfall-second-'));
const outages: Outage[] = [];

beforeAll(async () => {
  const scenes = await renderedScenes();
  product = await Product.start({ ...scenes, env: CAPACITY });
  bus = await product.bus();
  browser = await launchChromium();
  ({ page } = await openPage(browser, product.url));
  await allLiveOn('worker-1');
});

afterAll(async () => {
  await browser.close();
  await bus.close();
  second.kill('SIGKILL');
  await product.stop();
  product.remove();
  rmSync(secondFolder, { recursive: true, force: true });
});

/** As on another machine: a folder of its own. Resolves when it serves. */
async function startSecond(): Promise<ChildProcess> {
  const settings = {
    ...{ ...product.settings(), ...CAPACITY },
    ...{ FOOTFALL_DATA: secondFolder, FOOTFALL_WORKER_ID: 'worker-2' },
  };
  const child = spawn(process.execPath, ['ops/start/cli.ts', 'worker'], {
    cwd: projectRoot,
    env: childEnv(settings),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', (code) => {
      reject(new Error(`the second worker ended with status ${String(code)}`));
    });
  });
  return child;
}

async function holderOf(camera: string): Promise<string | null> {
  return (await (await bus.bucket(buckets.leases, leaseRecordSchema)).get(camera))?.value?.worker ?? null;
}

async function stateOf(camera: string): Promise<string> {
  const told = (await (await bus.bucket(buckets.cameraStates, cameraStateSchema)).get(camera))?.value;
  return told === undefined || told === null ? 'unknown' : `${told.state} on ${told.worker}`;
}

/** Every camera is held and live there. Returns after how long. */
async function allLiveOn(worker: string, limitMs = 60_000): Promise<number> {
  const fromMs = Date.now();
  for (const camera of CAMERAS) {
    const expected = `live on ${worker}`;
    await eventually(
      `state of ${camera}`,
      () => stateOf(camera),
      (state) => state === expected,
      limitMs,
    );
    expect(await holderOf(camera)).toBe(worker);
  }
  return Date.now() - fromMs;
}

async function videoAdvances(): Promise<void> {
  for (const camera of CAMERAS) {
    const first = await framesOnPage(page, camera);
    await eventually(
      `frames of ${camera}`,
      () => framesOnPage(page, camera),
      (frames) => frames > first + 10 || (frames > 0 && frames < first),
      30_000,
    );
  }
}

async function takenOverBy(worker: string, fromMs: number): Promise<void> {
  await allLiveOn(worker);
  const tookMs = Date.now() - fromMs;
  outages.push({ fromMs, untilMs: Date.now() });
  process.stderr.write(`${worker} has all cameras live after ${(tookMs / 1000).toFixed(1)} s\n`);
  expect(tookMs).toBeLessThan(TAKEN_OVER_WITHIN_MS);
  await videoAdvances();
}

/** Whatever is told of the cameras while `happens` does. */
async function toldDuring(happens: () => Promise<void>): Promise<Set<string>> {
  const told = new Set<string>();
  const watching = CAMERAS.map((camera) =>
    bus.subscribeLive(subjects.liveState(camera), cameraStateSchema, ({ state, reason }) => {
      told.add(`${state}: ${reason}`);
    }),
  );
  await happens();
  for (const watch of watching) watch.close();
  return told;
}

async function bothHaveACamera(): Promise<void> {
  const holders = async (): Promise<string> => {
    const states = await Promise.all(CAMERAS.map(stateOf));
    return states.sort().join(', ');
  };
  await eventually(
    'holders',
    holders,
    (states) => states === 'live on worker-1, live on worker-2',
    HANDED_OVER_WITHIN_MS,
  );
}

test('a worker that joins is handed a camera, which is live, counted and shown all the while', async () => {
  const told = await toldDuring(async () => {
    second = await startSecond();
    await bothHaveACamera();
  });
  expect([...told].filter((state) => !state.startsWith('live'))).toEqual([]);
  await videoAdvances();
});

test('the cameras of a worker that hangs go to the other, and the page follows without a reload', async () => {
  const fromMs = Date.now();
  process.kill(product.pidOf('worker'), 'SIGSTOP');
  await takenOverBy('worker-2', fromMs);
});

test('woken up again it leaves them where they are, and nothing it believes to count is accepted', async () => {
  process.kill(product.pidOf('worker'), 'SIGCONT');
  await sleep(5_000);
  for (const camera of CAMERAS) expect(await stateOf(camera)).toBe('live on worker-2');
  expect(product.logOf('worker')).toContain('lost a camera');
});

test('a worker that is stopped hands its cameras over first, and they are live, counted and shown all the while', async () => {
  const ended = new Promise((resolve) => second.once('exit', resolve));
  const told = await toldDuring(async () => {
    second.kill('SIGTERM');
    await allLiveOn('worker-1');
    expect(await ended).toBe(0);
  });
  expect([...told].filter((state) => !state.startsWith('live'))).toEqual([]);
  await videoAdvances();
});

test('the cameras of a worker that is killed go to the other', async () => {
  second = await startSecond();
  await bothHaveACamera();
  const fromMs = Date.now();
  second.kill('SIGKILL');
  await takenOverBy('worker-1', fromMs);
});

test('what is stored is what was to be seen', async () => {
  const sinceMs = Date.now();
  await eventually(
    'crossings after the last fault',
    async () => (await product.simulator.crossings('entrance', sinceMs)).length,
    (more) => more >= 2,
    60_000,
  );
  // Whoever walks now is still on the way to the database.
  const untilMs = Date.now();
  await sleep(5_000);
  const isSettled = ({ atMs }: { atMs: number }): boolean => atMs < untilMs;
  const isInSight = ({ atMs }: { atMs: number }): boolean =>
    !outages.some(({ fromMs, untilMs: end }) => atMs > fromMs - BLIND_MARGIN_MS && atMs < end + BLIND_MARGIN_MS);
  expect(await runsUsedTwice(product)).toEqual([]);
  for (const camera of CAMERAS) {
    const truth = await product.simulator.crossings(camera);
    const stored = await storedCrossings(product, camera);
    const { invented, missed } = compareCrossings(stored, truth);
    expect(invented.filter(isSettled)).toEqual([]);
    const lost = missed.filter(isSettled).filter(isInSight);
    process.stderr.write(`${camera}: ${String(stored.length)} of ${String(truth.length)} crossings stored\n`);
    expect(lost, await evidenceOf(product, camera, lost, outagesTold(outages))).toEqual([]);
  }
});
