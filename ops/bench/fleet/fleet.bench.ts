import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#protocol/errors.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { say } from '#ops/setup/step.ts';
import type { BenchResult } from '../bench-result.ts';
import { cpuMsOf } from '../cameras/process-cpu.ts';
import { processTree } from '../churn/process-figures.ts';
import { Fleet } from './fleet.ts';

const CLAIMED_WITHIN_MS = 300_000;
const CALM_MS = 15_000;
const CALM_WITHIN_MS = 180_000;
/** Twelve crossings an hour are a door that 140 people pass in twelve hours. */
const DEFAULTS = { workers: 20, cameras: 5_000, seconds: 60, 'crossings-per-hour': 12 };

/**
 * What a fleet costs beside its media: N workers share M cameras that have none, people cross at random. `--workers N`,
 * `--cameras N`, `--seconds N` of steady state, `--crossings-per-hour N` at each camera.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const [workers, cameras, seconds] = [optionOf(args, 'workers'), optionOf(args, 'cameras'), optionOf(args, 'seconds')];
  const crossingsPerHour = optionOf(args, 'crossings-per-hour');
  const fleet = await Fleet.open();
  try {
    say(`adding ${String(cameras)} cameras`);
    await fleet.addCameras(cameras);
    const claimed = await claimAll(fleet, workers, cameras, 3_600_000 / crossingsPerHour);
    say(`all claimed after ${String(Math.round(claimed.claimedInMs / 100) / 10)} s, spread ${JSON.stringify(claimed)}`);
    const steady = await steadyState(fleet, cameras, seconds * 1000);
    const rehomed = await killOne(fleet);
    const missed = [
      ...(claimed.claimedInMs > 60_000 ? ['claimedInMs'] : []),
      ...(steady.cpuMsPerCameraSecond > 0.05 ? ['cpuMsPerCameraSecond'] : []),
      ...(rehomed.rehomedInMs > 10_000 ? ['rehomedInMs'] : []),
    ];
    return { workers, cameras, crossingsPerHour, ...claimed, ...steady, ...rehomed, missed, ...measuredOn(), runs: 1 };
  } finally {
    await fleet.close();
  }
}

function optionOf(args: readonly string[], name: keyof typeof DEFAULTS): number {
  const at = args.indexOf(`--${name}`);
  if (at === -1) return DEFAULTS[name];
  const value = Number(args[at + 1]);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new AppError('input.invalid', `--${name} takes a whole number from 1 on`);
}

async function claimAll(fleet: Fleet, workers: number, cameras: number, crossingEveryMs: number) {
  // A tenth more than an even share: a worker fewer must do, too.
  const capacity = Math.ceil((cameras / Math.max(1, workers - 1)) * 1.1);
  const startedAtMs = performance.now();
  for (let i = 0; i < workers; i += 1) fleet.startWorker(`w-${String(i + 1)}`, capacity, crossingEveryMs);
  await until('all cameras are claimed', CLAIMED_WITHIN_MS, () => fleet.holders.size === cameras);
  const claimedInMs = Math.round(performance.now() - startedAtMs);
  await until('all cameras are counted', CLAIMED_WITHIN_MS, async () => {
    const [row] = await fleet.rows<{ n: string }>(
      'select count(distinct camera) as n from leases where counts_from is not null',
    );
    return Number(row?.n) === cameras;
  });
  const countedInMs = Math.round(performance.now() - startedAtMs);
  const each = [...fleet.spread().values()];
  return { claimedInMs, countedInMs, capacity, leastCameras: Math.min(...each), mostCameras: Math.max(...each) };
}

/** Once cameras have stopped changing hands. */
async function steadyState(fleet: Fleet, cameras: number, forMs: number) {
  const calm = await untilCalm(fleet);
  const each = [...fleet.spread().values()];
  const fromMs = Date.now();
  const [cpuBefore, messagesBefore] = [cpuOf(fleet), await messagesOf(fleet)];
  await sleep(forMs);
  const tookMs = Date.now() - fromMs;
  const [cpuAfter, messagesAfter] = [cpuOf(fleet), await messagesOf(fleet)];
  const perCameraSecond = (value: number): number => Number(((value * 1000) / tookMs / cameras).toFixed(5));
  const parts = Object.fromEntries(
    Object.entries(cpuAfter).map(([part, ms]) => [part, perCameraSecond(ms - (cpuBefore[part] ?? 0))]),
  );
  const [facts] = await fleet.rows<{ n: string; p50: number; p99: number }>(
    `select count(*) as n,
       percentile_cont(0.5) within group (order by extract(epoch from stored_at - crossed_at)) as p50,
       percentile_cont(0.99) within group (order by extract(epoch from stored_at - crossed_at)) as p99
     from counting_results where crossed_at between to_timestamp(?) and to_timestamp(?)`,
    fromMs / 1000,
    (fromMs + tookMs - 2_000) / 1000,
  );
  return {
    calmAfterMs: calm,
    steadyLeastCameras: Math.min(...each),
    steadyMostCameras: Math.max(...each),
    cpuMsPerCameraSecond: Number(
      Object.values(parts)
        .reduce((sum, ms) => sum + ms, 0)
        .toFixed(5),
    ),
    cpuMsPerCameraSecondOf: parts,
    natsMsgsPerCameraSecond: perCameraSecond(messagesAfter - messagesBefore),
    factsPerSecond: Number(((Number(facts?.n) * 1000) / tookMs).toFixed(1)),
    // From the crossing; it is decided 300 ms later.
    factP50Ms: Math.round((facts?.p50 ?? NaN) * 1000),
    factP99Ms: Math.round((facts?.p99 ?? NaN) * 1000),
  };
}

/** kill -9, until all its cameras are counted elsewhere. */
async function killOne(fleet: Fleet) {
  const held = fleet.killWorker('w-1');
  const killedAtMs = performance.now();
  const others = (): boolean =>
    [...held].every(([camera, lease]) => (fleet.holders.get(camera)?.leaseId ?? lease) !== lease);
  await until('its cameras are claimed', 60_000, others);
  const rehomedInMs = Math.round(performance.now() - killedAtMs);
  await until('its cameras are counted', 60_000, async () => {
    const leases = [...held.keys()].map((camera) => fleet.holders.get(camera)?.leaseId ?? '');
    const rows = await fleet.rows<{ n: string }>(
      "select count(*) as n from leases where counts_from is not null and lease_id = any(string_to_array(?, ','))",
      leases.join(),
    );
    return Number(rows[0]?.n) === held.size;
  });
  return { rehomed: held.size, rehomedInMs, rehomedAndCountedInMs: Math.round(performance.now() - killedAtMs) };
}

async function untilCalm(fleet: Fleet): Promise<number> {
  const startedAtMs = performance.now();
  let [spread, sinceMs] = ['', startedAtMs];
  while (performance.now() - sinceMs < CALM_MS && performance.now() - startedAtMs < CALM_WITHIN_MS) {
    const now = [...fleet.holders].map(([camera, { leaseId }]) => `${camera} ${leaseId}`).join();
    if (now !== spread) [spread, sinceMs] = [now, performance.now()];
    await sleep(500);
  }
  return Math.round(sinceMs - startedAtMs);
}

/** CPU milliseconds so far. */
function cpuOf(fleet: Fleet): Record<string, number> {
  const tree = (pid: number): number =>
    processTree(pid).reduce((sum, each) => sum + cpuMsOf(each.pid, 'with ended children'), 0);
  const workers = [...fleet.workers.values()].reduce((sum, { pid }) => sum + cpuMsOf(pid ?? 0), 0);
  const projector = cpuMsOf(fleet.projector.pid ?? 0);
  return { workers, projector, nats: tree(fleet.nats.pid), postgres: tree(fleet.postgres.pid) };
}

async function messagesOf(fleet: Fleet): Promise<number> {
  const response = await fetch(`${fleet.nats.monitorUrl}/varz`);
  const { in_msgs: into, out_msgs: out } = (await response.json()) as { in_msgs: number; out_msgs: number };
  return into + out;
}

async function until(what: string, limitMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${String(limitMs / 1000)} s: ${what}`);
    await sleep(100);
  }
}
