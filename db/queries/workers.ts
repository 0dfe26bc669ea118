import type { WorkerDetails, WorkerOrders } from '#protocol/workers.ts';
import type { Database } from '../database.ts';
import { WorkerEntity } from '../entities/worker.entity.ts';

/** A worker that was heard once. */
export interface KnownWorker extends Omit<WorkerDetails, 'load'>, WorkerOrders {
  readonly id: string;
  readonly host: string;
  /** Cameras that it can run well. */
  readonly capacity: number;
  readonly firstSeenMs: number;
  /** Not older than half a minute while it is there. */
  readonly lastSeenMs: number;
  /** When an order was given last. */
  readonly orderedAtMs: number | null;
}

export async function knownWorkers(database: Database): Promise<KnownWorker[]> {
  const rows = await database.read((em) => em.find(WorkerEntity, {}, { orderBy: { id: 'asc' } }));
  return rows.map(({ id, host, capacity, cordoned, drained, addresses, groups, ...row }) => ({
    ...{ id, host, capacity, cordoned, drained, addresses, groups },
    version: row.version ?? null,
    cores: row.cores ?? null,
    inferencesPerSecond: row.inferencesPerSecond ?? null,
    startedAtMs: row.startedAt?.getTime() ?? null,
    firstSeenMs: row.firstSeenAt.getTime(),
    lastSeenMs: row.lastSeenAt.getTime(),
    orderedAtMs: row.orderedAt?.getTime() ?? null,
  }));
}
