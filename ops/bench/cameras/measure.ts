import type { WorkerStats } from '#protocol/worker-stats.ts';
import { say } from '#ops/setup/step.ts';
import { Product } from '#ops/testkit/product.ts';
import { HeapProbe } from '../churn/heap-probe.ts';
import { residentBytes } from '../churn/process-figures.ts';
import { Farm } from './farm.ts';
import type { FarmCamera } from './farm.process.ts';
import { stepCosts } from './floor.ts';
import { LOOPS, STREAM } from './loops.ts';
import { sharesOf } from './main-thread.ts';
import { Observer } from './observer.ts';
import { cpuMsByThread } from './process-cpu.ts';
import { percentile } from '../percentile.ts';
import { matched, mean } from './tally.ts';

const ANALYSIS_FPS = 5;
/** The gate knows a place and its clock by then, and what starting up took is over. */
const WARM_UP_MS = 60_000;
const READ_EVERY_MS = 5_000;
const PROFILED_MS = 15_000;
/** A crossing is told once it is certain. */
const SETTLES_MS = 4_000;
const ALL_LIVE_WITHIN_MS = 120_000;

export type CamerasRow = Readonly<Record<string, unknown>> & {
  readonly cameras: number;
  readonly missed: readonly string[];
};

/** One number of cameras, a fifth of them with people all the time. */
export async function measure(count: number, minutes: number, cacheDir: string): Promise<CamerasRow> {
  const active = Math.max(1, Math.round(count / 5));
  const cameras = lineUp(count, active);
  say(`${String(count)} cameras, ${String(active)} with people`);
  const farm = await Farm.open(cameras, cacheDir);
  const product = await Product.start({
    simulatedCameras: 'none',
    env: { NODE_OPTIONS: '--inspect-port=127.0.0.1:0', FOOTFALL_WORKER_ID: 'bench' },
  });
  const bus = await product.bus();
  const observer = new Observer(bus, 'bench');
  let probe: HeapProbe | null = null;
  try {
    const worker = product.pidOf('worker');
    const ids = await addCameras(product.url, cameras, farm);
    await untilAllDecode(observer, count);
    await sleep(WARM_UP_MS);
    say(`measuring for ${String(minutes)} min`);
    probe = await HeapProbe.open(worker, () => product.logOf('worker'));
    const before = {
      atMs: Date.now(),
      threads: cpuMsByThread(worker),
      farmMs: farm.cpuMs(),
      stats: await observer.stats(),
    };
    observer.boxAges = [];
    const profile = await probe.cpuProfile(PROFILED_MS);
    const readings = [before.stats];
    const rss: number[] = [];
    while (Date.now() - before.atMs < minutes * 60_000) {
      await sleep(READ_EVERY_MS);
      readings.push(await observer.stats());
      rss.push((residentBytes(worker) ?? 0) / 2 ** 20);
    }
    const after = {
      atMs: Date.now(),
      threads: cpuMsByThread(worker),
      farmMs: farm.cpuMs(),
      stats: readings.at(-1) ?? before.stats,
    };
    await sleep(SETTLES_MS);
    const truth = await farm.truth();
    const forMs = after.atMs - before.atMs;
    const threads = new Map([...after.threads].map(([name, ms]) => [name, ms - (before.threads.get(name) ?? 0)]));
    const costMs = [...threads.values()].reduce((sum, ms) => sum + ms, 0);

    let [right, counted, real] = [0, 0, 0];
    for (const [i, camera] of cameras.entries()) {
      const own = (truth.get(camera.name) ?? []).filter(({ atMs }) => atMs >= before.atMs && atMs < after.atMs);
      const told = observer.crossings(ids[i] ?? '', before.atMs - 1_000, after.atMs + 1_000);
      right += matched(own, told);
      real += own.length;
      counted += observer.crossings(ids[i] ?? '', before.atMs, after.atMs).length;
    }
    await product.stop();
    farm.close();

    const done = totalsBetween(before.stats, after.stats);
    const costs = await stepCosts(Math.min(2, Math.ceil(costMs / forMs)), cacheDir);
    const keyFrames = Math.min(done.decoded, (count * forMs * STREAM.fps) / STREAM.unitsPerGop / 1000);
    const floorMs =
      keyFrames * costs.keyFrameMs +
      (done.decoded - keyFrames) * costs.otherPictureMs +
      done.inferences * (costs.inputMs + costs.inferenceMs);
    const starved = starvedIn(readings);
    const perCamera = (ms: number): number => round(ms / forMs / count, 5);
    const main = sharesOf(profile);
    const mainMs = threads.get('MainThread') ?? 0;
    const named = (threads.get('decode') ?? 0) + (threads.get('inference') ?? 0) + mainMs;
    const fps = observer.fpsReached(before.atMs);
    const [rssStart, rssEnd] = [mean(rss.slice(0, rss.length / 5)), mean(rss.slice(-rss.length / 5))];
    const boxesP95Ms = percentile(observer.boxAges, 0.95);
    const row = {
      cameras: count,
      active,
      minutes,
      crossings: real,
      countedOfTruth: round(right / Math.max(1, real), 4),
      countedBesides: counted - right,
      boxesP50Ms: percentile(observer.boxAges, 0.5),
      boxesP95Ms,
      costCores: round(costMs / forMs, 3),
      floorCores: round(floorMs / forMs, 3),
      costToFloor: round(costMs / floorMs, 3),
      farmCores: round((after.farmMs - before.farmMs) / forMs, 3),
      cpuPerCamera: {
        ingest: perCamera(mainMs * main.ingest),
        decode: perCamera(threads.get('decode') ?? 0),
        inference: perCamera(threads.get('inference') ?? 0),
        tracking: perCamera(mainMs * main.tracking),
        other: perCamera(mainMs * main.other + costMs - named),
      },
      fpsWanted: ANALYSIS_FPS,
      fpsReached: fps.length === 0 ? null : round(mean(fps), 2),
      fpsReachedLeast: fps.length === 0 ? null : round(Math.min(...fps), 2),
      perSecond: {
        decoded: round((done.decoded * 1000) / forMs, 1),
        inferences: round((done.inferences * 1000) / forMs, 1),
        overtaken: round((done.overtaken * 1000) / forMs, 2),
        dropped: round((done.dropped * 1000) / forMs, 2),
      },
      asleep: after.stats.cameras.filter(({ asleep }) => asleep).length,
      inferenceCostMs: after.stats.inference.costMs === null ? null : round(after.stats.inference.costMs, 2),
      stepCosts: costs,
      rssMbStart: round(rssStart, 1),
      rssMbEnd: round(rssEnd, 1),
      rssMbPerCamera: round(rssEnd / count, 2),
      heldMbPerCamera: round(mean(after.stats.cameras.map(({ heldBytes }) => heldBytes / 2 ** 20)), 3),
      starved,
    };
    const missed = [
      ...(row.countedOfTruth < 0.98 ? ['countedOfTruth'] : []),
      ...(boxesP95Ms === null || boxesP95Ms >= 500 ? ['boxesP95Ms'] : []),
      ...(row.costToFloor > 1.25 ? ['costToFloor'] : []),
      ...(starved > 0 ? ['starved'] : []),
      ...(rssEnd > 1.05 * rssStart ? ['rss'] : []),
    ];
    say(JSON.stringify({ ...row, missed }));
    return { ...row, missed };
  } finally {
    probe?.close();
    observer.close();
    await bus.close();
    farm.close();
    await product.stop();
    product.remove();
  }
}

/** Those with people are spread among the others; all begin at phases of their own. */
function lineUp(count: number, active: number): FarmCamera[] {
  const full = LOOPS.filter(({ isEmpty }) => !isEmpty);
  const empty = LOOPS.filter(({ isEmpty }) => isEmpty);
  const every = count / active;
  return Array.from({ length: count }, (_, i) => {
    const loops = Math.floor((i + 1) / every) > Math.floor(i / every) ? full : empty;
    const loop = loops[Math.floor(i / every) % loops.length] ?? loops[0];
    if (loop === undefined) throw new Error('there is no loop');
    return { name: `cam-${String(i + 1)}`, loop, gop: (i * 7) % 36 };
  });
}

async function addCameras(product: string, cameras: readonly FarmCamera[], farm: Farm): Promise<string[]> {
  const ids: string[] = [];
  const truth = await import('#media/simulator/scene.ts');
  const lines = new Map(LOOPS.map(({ scene, seed }) => [seed, truth.createScene(scene, seed).line]));
  for (const { name, loop } of cameras) {
    const url = farm.urlOf(name);
    const body = { name, url, subUrl: '', analysisFps: String(ANALYSIS_FPS), addAnyway: true };
    const { camera } = (await send(product, 'POST', '/api/v1/cameras', body)) as { camera: { id: string } };
    await send(product, 'PUT', `/api/v1/cameras/${camera.id}/geometry`, { lines: [lines.get(loop.seed)], zones: [] });
    ids.push(camera.id);
  }
  return ids;
}

async function send(product: string, method: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${product}${path}`, {
    method,
    headers: { 'content-type': 'application/json', origin: product },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return response.json();
}

async function untilAllDecode(observer: Observer, count: number): Promise<void> {
  const deadline = performance.now() + ALL_LIVE_WITHIN_MS;
  for (;;) {
    const { cameras } = await observer.stats();
    const alive = cameras.filter(({ inferences }) => inferences > 0).length;
    if (alive === count) return;
    if (performance.now() > deadline) {
      const waiting = observer.reasons().slice(0, 5).join('; ');
      throw new Error(`only ${String(alive)} of ${String(count)} cameras are analysed: ${waiting}`);
    }
    await sleep(1_000);
  }
}

type Totals = Record<'decoded' | 'inferences' | 'overtaken' | 'dropped', number>;

function totalsBetween(before: WorkerStats, after: WorkerStats): Totals {
  const sum = (stats: WorkerStats, of: keyof Totals): number => stats.cameras.reduce((all, each) => all + each[of], 0);
  const grown = (of: keyof Totals): number => sum(after, of) - sum(before, of);
  return {
    decoded: grown('decoded'),
    inferences: grown('inferences'),
    overtaken: grown('overtaken'),
    dropped: grown('dropped'),
  };
}

/** Cameras that no detector looked at between two readings. */
function starvedIn(readings: readonly WorkerStats[]): number {
  const starved = new Set<string>();
  for (const [i, { cameras }] of readings.entries()) {
    const before = new Map(readings[i - 1]?.cameras.map((each) => [each.camera, each.inferences]));
    for (const { camera, inferences } of cameras) if (before.get(camera) === inferences) starved.add(camera);
  }
  return starved.size;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
