import { availableParallelism } from 'node:os';
import type { WorkerDetails } from '#protocol/workers.ts';
import type { Clock } from '#ops/runtime/clock.ts';

/** A shorter time says too little of how busy a process is. */
const MEASURE_FOR_MS = 1_500;

export interface WorkerDetailsSources {
  readonly version: string;
  readonly addresses: WorkerDetails['addresses'];
  readonly inferencesPerSecond: () => number | null;
  readonly clock: Pick<Clock, 'monotonicMs' | 'epochMs'>;
  /** CPU time of this process so far, µs; Node's own by default. */
  readonly cpuUs?: () => number;
}

/** What this worker tells people of itself, from now on. May be asked as often as one likes. */
export function workerDetails(sources: WorkerDetailsSources): () => Omit<WorkerDetails, 'groups'> {
  const { version, addresses, inferencesPerSecond, clock, cpuUs = ownCpuUs } = sources;
  const startedMs = clock.monotonicMs();
  const load = loadMeter(clock, cpuUs);
  return () => ({
    // The clock is set right after the start: reckoned back, it is right as well.
    startedAtMs: Math.round(clock.epochMs() - (clock.monotonicMs() - startedMs)),
    version,
    cores: availableParallelism(),
    load: load(),
    inferencesPerSecond: rounded(inferencesPerSecond()),
    addresses,
  });
}

/** CPU cores used since some seconds ago; null: not known yet. */
function loadMeter(clock: Pick<Clock, 'monotonicMs'>, cpuUs: () => number): () => number | null {
  let since = { atMs: clock.monotonicMs(), cpuUs: cpuUs() };
  let load: number | null = null;
  return () => {
    const now = { atMs: clock.monotonicMs(), cpuUs: cpuUs() };
    const forMs = now.atMs - since.atMs;
    if (forMs < MEASURE_FOR_MS) return load;
    load = rounded((now.cpuUs - since.cpuUs) / 1000 / forMs);
    since = now;
    return load;
  };
}

function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function rounded<T extends number | null>(value: T): T {
  return (value === null ? null : Math.round(value * 100) / 100) as T;
}
