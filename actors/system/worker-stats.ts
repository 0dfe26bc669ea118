import * as v from 'valibot';
import { subjects } from '#protocol/subjects.ts';
import type { CameraLoad, WorkerStats } from '#protocol/worker-stats.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { DetectorPool } from '../inference/detector.port.ts';

export interface WorkerStatsSources {
  readonly worker: string;
  readonly pool: Pick<DetectorPool, 'stats'>;
  readonly loads: () => CameraLoad[];
}

/** Answers what this worker's cameras and detectors do, so that load that is shed is seen. */
export function answerWorkerStats(bus: Bus, { worker, pool, loads }: WorkerStatsSources): Closable {
  return bus.respond(subjects.workerStats(worker), v.object({}), () =>
    Promise.resolve({
      worker,
      residentBytes: process.memoryUsage.rss(),
      inference: pool.stats(),
      cameras: loads(),
    } satisfies WorkerStats),
  );
}
