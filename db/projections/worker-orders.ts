import { isDeepStrictEqual } from 'node:util';
import { buckets } from '#protocol/streams.ts';
import { NO_ORDERS, workerOrdersSchema, type WorkerOrders } from '#protocol/workers.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';
import { WORKERS_CHANNEL } from '../commands/workers.ts';
import type { Database } from '../database.ts';
import { WorkerEntity } from '../entities/worker.entity.ts';
import { Resync } from './resync.ts';

export interface WorkerOrdersOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
}

/** Makes the bucket `worker-orders` equal the table. */
export class WorkerOrdersPublisher implements Closable {
  readonly #database: Database;
  readonly #bucket: Bucket<WorkerOrders>;
  readonly #there = new Map<string, WorkerOrders>();
  readonly #open: Closable[] = [];

  private constructor(database: Database, bucket: Bucket<WorkerOrders>) {
    this.#database = database;
    this.#bucket = bucket;
  }

  /** Resolves when the bucket equalled the table for the first time, or that was found impossible for now. */
  static async start({ database, bus, log }: WorkerOrdersOptions): Promise<WorkerOrdersPublisher> {
    const bucket = await bus.bucket(buckets.workerOrders, workerOrdersSchema);
    const publisher = new WorkerOrdersPublisher(database, bucket);
    await publisher.#mirror();
    const resync = new Resync({
      database,
      bus,
      channel: WORKERS_CHANNEL,
      work: () => publisher.#compare(),
      onError(error) {
        log.warn({ error }, 'the orders to workers could not be published: trying again');
      },
    });
    publisher.#open.push(resync);
    await resync.run();
    return publisher;
  }

  close(): void {
    for (const closable of this.#open) closable.close();
  }

  #mirror(): Promise<void> {
    return new Promise((resolve) => {
      this.#open.push(
        this.#bucket.watch(({ key, value }) => {
          if (value === null) this.#there.delete(key);
          else this.#there.set(key, value);
        }, resolve),
      );
    });
  }

  async #compare(): Promise<void> {
    const rows = await this.#database.read((em) => em.find(WorkerEntity, {}));
    for (const { id, cordoned, drained } of rows) {
      const orders = { cordoned, drained };
      if (isDeepStrictEqual(this.#there.get(id) ?? NO_ORDERS, orders)) continue;
      await this.#bucket.put(id, orders);
      this.#there.set(id, orders);
    }
  }
}
