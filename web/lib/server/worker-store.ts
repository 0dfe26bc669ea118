import { orderWorker } from '#db/commands/workers.ts';
import type { Database } from '#db/database.ts';
import { knownWorkers } from '#db/queries/workers.ts';
import type { WorkerOrders } from '#protocol/workers.ts';
import type { HeardWorker, KnownWorker } from '../fleet/fleet.ts';
import type { HeardWorkers } from './heard-workers.ts';

export interface WorkerStore {
  /** Heard once, there or not. Rejects with storage.unavailable. */
  known(): Promise<readonly KnownWorker[]>;
  heard(): readonly HeardWorker[];
  /** Rejects with worker.not-found, input.invalid, storage.unavailable. */
  order(worker: string, orders: WorkerOrders): Promise<void>;
}

/** Over db/queries and db/commands, and the bus. */
export function workerStoreOf(database: Database, heard: HeardWorkers): WorkerStore {
  return {
    known: () => knownWorkers(database),
    heard: () => heard.now(),
    order: (worker, orders) => orderWorker(database, worker, orders, Date.now()),
  };
}
