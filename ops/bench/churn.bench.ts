import { readEnv } from '#ops/runtime/env.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { testSteps } from '#ops/setup/steps.ts';
import { freshSeeds, Product } from '#ops/testkit/product.ts';
import type { BenchResult } from './bench-result.ts';
import { Crowd } from './churn/crowd.ts';
import { HeapProbe } from './churn/heap-probe.ts';
import { openSockets, processTree, residentBytes } from './churn/process-figures.ts';
import { growthFrac, type Reading } from './churn/slope.ts';

const CAMERAS = ['entrance', 'hall'] as const;
const DEFAULT_MINUTES = 30;
const WARM_UP_MS = 120_000;
const DROP_EVERY_MS = 20_000;
const READ_EVERY_MS = 30_000;
/** A viewer that vanished is forgotten after 15 s of silence; a camera that was cut is back after its backoff. */
const CALM_DOWN_MS = 60_000;
/** The growth that counts is that of the last two thirds. */
const JUDGED_FRAC = 2 / 3;

/**
 * Hours in miniature: a viewer joins or leaves every second and a camera is cut every 20 s. Afterwards every socket must be
 * gone that was not there before, and memory may not have grown. `--minutes N` shortens it.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const minutes = Number(args[args.indexOf('--minutes') + 1] ?? NaN) || DEFAULT_MINUTES;
  await runSteps(testSteps(readEnv()));
  const product = await Product.start({
    simulatedCameras: freshSeeds(),
    env: { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' },
  });
  const crowd = new Crowd(product.url, CAMERAS);
  const probe = await HeapProbe.open(product.pidOf('worker'), () => product.logOf('worker'));
  try {
    await churn(product, crowd, WARM_UP_MS);
    const before = await atRest(product, crowd);
    say(`warmed up; ${String(minutes)} minutes of coming and going`);
    const readings = await churn(product, crowd, minutes * 60_000, probe);
    const after = await atRest(product, crowd);
    const worker = product.pidOf('worker');
    return {
      minutes,
      joined: crowd.joined,
      refused: crowd.refused,
      sawNothing: crowd.sawNothing,
      sockets: { before: before.sockets, after: after.sockets },
      isBackToTheStart: JSON.stringify(before.sockets) === JSON.stringify(after.sockets),
      processes: { before: before.processes, after: after.processes },
      zombies: after.zombies,
      rssGrowthFrac: { whole: ratio(readings.rss), lastPart: growthFrac(lastPart(readings.rss)) },
      heapGrowthFrac: { whole: ratio(readings.heap), lastPart: growthFrac(lastPart(readings.heap)) },
      relayRssGrowthFrac: { whole: ratio(readings.relay), lastPart: growthFrac(lastPart(readings.relay)) },
      workerRestarted: worker !== before.worker,
      mebibytes: {
        rss: ends(readings.rss),
        heap: ends(readings.heap),
        relay: ends(readings.relay),
      },
      ...measuredOn(),
      runs: 1,
    };
  } finally {
    probe.close();
    await product.stop();
    product.remove();
  }
}

interface Readings {
  /** Of the worker, right after its garbage was collected. */
  readonly rss: Reading[];
  readonly heap: Reading[];
  /** All mediasoup workers together. */
  readonly relay: Reading[];
}

async function churn(product: Product, crowd: Crowd, forMs: number, probe?: HeapProbe): Promise<Readings> {
  const readings: Readings = { rss: [], heap: [], relay: [] };
  const startedAt = performance.now();
  let [nextDropMs, nextReadMs, dropped] = [DROP_EVERY_MS, 0, 0];
  for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startedAt) {
    const pause = new Promise((resolve) => setTimeout(resolve, 1000));
    if (elapsedMs >= nextDropMs) {
      await product.simulator.fault(CAMERAS[dropped % CAMERAS.length] ?? 'entrance', { kind: 'drop' });
      dropped += 1;
      nextDropMs += DROP_EVERY_MS;
    }
    if (probe !== undefined && elapsedMs >= nextReadMs) {
      const { heap, buffers } = await probe.usedBytes();
      readings.heap.push({ atMs: elapsedMs, value: heap + buffers });
      readings.rss.push({ atMs: elapsedMs, value: residentBytes(product.pidOf('worker')) ?? 0 });
      readings.relay.push({ atMs: elapsedMs, value: relayBytes(product) });
      nextReadMs += READ_EVERY_MS;
    }
    await crowd.step();
    await pause;
  }
  return readings;
}

/** Nobody watches, and all cameras are up. */
async function atRest(
  product: Product,
  crowd: Crowd,
): Promise<{
  readonly worker: number;
  readonly sockets: Readonly<Record<string, number>>;
  readonly processes: number;
  readonly zombies: number;
}> {
  await crowd.everybodyLeaves();
  say('everybody left; waiting until it is calm');
  await new Promise((resolve) => setTimeout(resolve, CALM_DOWN_MS));
  const worker = product.pidOf('worker');
  const tree = processTree(product.launcherPid);
  const relays = tree.filter(({ name }) => name.startsWith('mediasoup'));
  return {
    worker,
    sockets: {
      worker: openSockets(worker),
      web: openSockets(product.pidOf('web')),
      relay: relays.reduce((sum, { pid }) => sum + openSockets(pid), 0),
    },
    processes: tree.length,
    zombies: tree.filter(({ isZombie }) => isZombie).length,
  };
}

function relayBytes(product: Product): number {
  const relays = processTree(product.launcherPid).filter(({ name }) => name.startsWith('mediasoup'));
  return relays.reduce((sum, { pid }) => sum + (residentBytes(pid) ?? 0), 0);
}

function lastPart(readings: readonly Reading[]): readonly Reading[] {
  return readings.slice(Math.floor(readings.length * (1 - JUDGED_FRAC)));
}

/** The last reading against the first. */
function ratio(readings: readonly Reading[]): number | null {
  const [first, last] = [readings[0], readings.at(-1)];
  return first === undefined || last === undefined ? null : last.value / first.value - 1;
}

function ends(readings: readonly Reading[]): (number | null)[] {
  return [readings[0], readings.at(-1)].map((reading) =>
    reading === undefined ? null : Math.round(reading.value / 1024 / 102.4) / 10,
  );
}
