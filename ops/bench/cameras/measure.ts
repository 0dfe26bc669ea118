import { setTimeout as sleep } from 'node:timers/promises';
import type { TrueCrossing } from '#media/simulator/camera-truth.ts';
import type { WorkerStats } from '#protocol/worker-stats.ts';
import { say } from '#ops/setup/step.ts';
import { HeapProbe } from '../churn/heap-probe.ts';
import { residentBytes } from '../churn/process-figures.ts';
import { percentile } from '../percentile.ts';
import type { FarmCamera } from './farm.process.ts';
import { stepCosts } from './floor.ts';
import type { StepCosts } from './floor.process.ts';
import { STREAM } from './loops.ts';
import { sharesOf, type Part } from './main-thread.ts';
import { cpuMsByThread } from './process-cpu.ts';
import { matched, mean } from './tally.ts';
import { ANALYSIS_FPS, lineUp, WatchedFarm } from './watched-farm.ts';

/** The gate knows a place and its clock by then, and what starting up took is over. */
const WARM_UP_MS = 60_000;
const READ_EVERY_MS = 5_000;
const PROFILED_MS = 15_000;
/** A crossing is told once it is certain. */
const SETTLES_MS = 4_000;

export type CamerasRow = Readonly<Record<string, unknown>> & {
  readonly cameras: number;
  readonly missed: readonly string[];
};

/** One number of cameras, a fifth of them with people all the time. */
export async function measure(count: number, minutes: number, cacheDir: string): Promise<CamerasRow> {
  const active = Math.max(1, Math.round(count / 5));
  const cameras = lineUp(count, active);
  say(`${String(count)} cameras, ${String(active)} with people`);
  const watched = await WatchedFarm.open(cameras, cacheDir);
  try {
    await sleep(WARM_UP_MS);
    const mainThread = await profileOf(watched);
    say(`measuring for ${String(minutes)} min`);
    const seen = await watch(watched, minutes * 60_000);
    await sleep(SETTLES_MS);
    const crossings = crossingsIn(watched, cameras, await watched.farm.truth(), seen);
    // The floor is timed when nothing else runs.
    await watched.close();
    const floor = floorOf(seen, count, await stepCosts(Math.min(2, Math.ceil(seen.costMs / seen.forMs)), cacheDir));
    const row = { cameras: count, active, minutes, ...crossings, ...rowOf(watched, seen, floor, mainThread) };
    const missed = missedIn(row);
    say(JSON.stringify({ ...row, missed }));
    return { ...row, missed };
  } finally {
    await watched.close();
  }
}

/** Before the measuring: being profiled costs, too. */
async function profileOf({ workerPid, product }: WatchedFarm): Promise<Record<Part, number>> {
  const probe = await HeapProbe.open(workerPid, () => product.logOf('worker'));
  try {
    return sharesOf(await probe.cpuProfile(PROFILED_MS));
  } finally {
    probe.close();
  }
}

interface Seen {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly forMs: number;
  /** CPU milliseconds of the worker, by thread name and in all. */
  readonly threads: ReadonlyMap<string, number>;
  readonly costMs: number;
  readonly farmMs: number;
  readonly readings: readonly WorkerStats[];
  readonly rssMb: readonly number[];
}

async function watch({ workerPid, observer, farm }: WatchedFarm, forAtLeastMs: number): Promise<Seen> {
  const readings = [await observer.stats()];
  const rssMb: number[] = [];
  observer.forgetBoxes();
  const fromMs = Date.now();
  const threadsBefore = cpuMsByThread(workerPid);
  const farmBefore = farm.cpuMs();
  while (Date.now() - fromMs < forAtLeastMs) {
    await sleep(READ_EVERY_MS);
    readings.push(await observer.stats());
    rssMb.push((residentBytes(workerPid) ?? 0) / 2 ** 20);
  }
  const untilMs = Date.now();
  const threads = new Map(
    [...cpuMsByThread(workerPid)].map(([name, ms]) => [name, ms - (threadsBefore.get(name) ?? 0)]),
  );
  const costMs = [...threads.values()].reduce((sum, ms) => sum + ms, 0);
  const farmMs = farm.cpuMs() - farmBefore;
  return { fromMs, untilMs, forMs: untilMs - fromMs, threads, costMs, farmMs, readings, rssMb };
}

interface CrossingFigures {
  readonly crossings: number;
  readonly countedOfTruth: number;
  readonly countedBesides: number;
}

function crossingsIn(
  { observer, ids }: WatchedFarm,
  cameras: readonly FarmCamera[],
  truth: ReadonlyMap<string, readonly TrueCrossing[]>,
  { fromMs, untilMs }: Seen,
): CrossingFigures {
  let [right, counted, real] = [0, 0, 0];
  for (const [i, { name }] of cameras.entries()) {
    const id = ids[i] ?? '';
    const own = (truth.get(name) ?? []).filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
    right += matched(own, observer.crossings(id, fromMs - 1_000, untilMs + 1_000));
    real += own.length;
    counted += observer.crossings(id, fromMs, untilMs).length;
  }
  return { crossings: real, countedOfTruth: round(right / Math.max(1, real), 4), countedBesides: counted - right };
}

interface Floor {
  readonly stepCosts: StepCosts;
  readonly floorMs: number;
}

/** What decoding and detecting alone take for the pictures that the product decoded and looked at. */
function floorOf({ readings, forMs }: Seen, cameras: number, stepCosts: StepCosts): Floor {
  const { decoded, inferences } = doneIn(readings);
  const keyFrames = Math.min(decoded, (cameras * forMs * STREAM.fps) / STREAM.unitsPerGop / 1000);
  const floorMs =
    keyFrames * stepCosts.keyFrameMs +
    (decoded - keyFrames) * stepCosts.otherPictureMs +
    inferences * (stepCosts.inputMs + stepCosts.inferenceMs);
  return { stepCosts, floorMs };
}

function rowOf(
  { observer, ids }: WatchedFarm,
  { fromMs, forMs, threads, costMs, farmMs, readings, rssMb }: Seen,
  { stepCosts, floorMs }: Floor,
  main: Record<Part, number>,
) {
  const count = ids.length;
  const done = doneIn(readings);
  const last = readings.at(-1);
  const perCamera = (ms: number): number => round(ms / forMs / count, 5);
  const perSecond = (pictures: number): number => round((pictures * 1000) / forMs, 2);
  const msOf = (thread: string): number => threads.get(thread) ?? 0;
  const [mainMs, decodeMs, inferenceMs] = [msOf('MainThread'), msOf('decode'), msOf('inference')];
  const fps = observer.fpsReached(fromMs);
  const ages = observer.boxAges();
  const costOfInference = last?.inference.costMs ?? null;
  const [rssStart, rssEnd] = [mean(rssMb.slice(0, rssMb.length / 5)), mean(rssMb.slice(-rssMb.length / 5))];
  return {
    boxesP50Ms: percentile(ages, 0.5),
    boxesP95Ms: percentile(ages, 0.95),
    costCores: round(costMs / forMs, 3),
    floorCores: round(floorMs / forMs, 3),
    costToFloor: round(costMs / floorMs, 3),
    farmCores: round(farmMs / forMs, 3),
    cpuPerCamera: {
      ingest: perCamera(mainMs * main.ingest),
      decode: perCamera(decodeMs),
      inference: perCamera(inferenceMs),
      tracking: perCamera(mainMs * main.tracking),
      other: perCamera(mainMs * main.other + costMs - mainMs - decodeMs - inferenceMs),
    },
    fpsWanted: ANALYSIS_FPS,
    fpsReached: fps.length === 0 ? null : round(mean(fps), 2),
    fpsReachedLeast: fps.length === 0 ? null : round(Math.min(...fps), 2),
    perSecond: {
      decoded: perSecond(done.decoded),
      inferences: perSecond(done.inferences),
      overtaken: perSecond(done.overtaken),
      dropped: perSecond(done.dropped),
    },
    asleep: last?.cameras.filter(({ asleep }) => asleep).length ?? 0,
    inferenceCostMs: costOfInference === null ? null : round(costOfInference, 2),
    stepCosts,
    rssMbStart: round(rssStart, 1),
    rssMbEnd: round(rssEnd, 1),
    rssMbByMinute: byMinute(rssMb).map((mb) => round(mb, 1)),
    rssMbPerCamera: round(rssEnd / count, 2),
    heldMbPerCamera: round(mean(last?.cameras.map(({ heldBytes }) => heldBytes / 2 ** 20) ?? []), 3),
    starved: starvedIn(readings),
  };
}

function missedIn(row: CrossingFigures & ReturnType<typeof rowOf>): string[] {
  return [
    ...(row.countedOfTruth < 0.98 ? ['countedOfTruth'] : []),
    ...(row.boxesP95Ms === null || row.boxesP95Ms >= 500 ? ['boxesP95Ms'] : []),
    ...(row.costToFloor > 1.25 ? ['costToFloor'] : []),
    ...(row.starved > 0 ? ['starved'] : []),
    ...(row.rssMbEnd > 1.05 * row.rssMbStart ? ['rss'] : []),
  ];
}

type Totals = Record<'decoded' | 'inferences' | 'overtaken' | 'dropped', number>;

function doneIn(readings: readonly WorkerStats[]): Totals {
  const sum = (stats: WorkerStats | undefined, of: keyof Totals): number =>
    stats?.cameras.reduce((all, each) => all + each[of], 0) ?? 0;
  const grown = (of: keyof Totals): number => sum(readings.at(-1), of) - sum(readings[0], of);
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

function byMinute(readings: readonly number[]): number[] {
  const each = 60_000 / READ_EVERY_MS;
  return Array.from({ length: Math.ceil(readings.length / each) }, (_, minute) =>
    mean(readings.slice(minute * each, (minute + 1) * each)),
  );
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
