import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { workerOrdersSchema, type WorkerOrders } from '#protocol/workers.ts';
import type { Database } from '../database.ts';
import { WorkerEntity } from '../entities/worker.entity.ts';

/** The channel on which each change of what is wanted of workers is announced, after its commit. */
export const WORKERS_CHANNEL = 'footfall_workers';

/** Holds until it is ordered otherwise, also for a worker that is away. Throws worker.not-found, input.invalid. */
export async function orderWorker(database: Database, id: string, orders: WorkerOrders, nowMs: number): Promise<void> {
  const { cordoned, drained } = parse(workerOrdersSchema, orders);
  await database.write(async (em) => {
    const changed = await em.nativeUpdate(WorkerEntity, { id }, { cordoned, drained, orderedAt: new Date(nowMs) });
    if (changed === 0) throw new AppError('worker.not-found', `no worker called ${id} was ever heard`);
    await em.execute(`notify ${WORKERS_CHANNEL}`);
  });
}
