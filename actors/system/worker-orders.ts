import { isDeepStrictEqual } from 'node:util';
import { buckets } from '#protocol/streams.ts';
import { NO_ORDERS, workerOrdersSchema, type WorkerOrders } from '#protocol/workers.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';

export interface FollowedOrders extends Closable {
  readonly now: WorkerOrders;
}

/** Resolves once it is known what was ordered of this worker. `onChange` hears what is ordered anew. */
export async function followOrders(
  bus: Bus,
  worker: string,
  onChange: (now: WorkerOrders) => void,
): Promise<FollowedOrders> {
  const bucket = await bus.bucket(buckets.workerOrders, workerOrdersSchema);
  let now = NO_ORDERS;
  let isKnown = false;
  const watch = await new Promise<Closable>((resolve) => {
    const opened = bucket.watch(
      ({ key, value }) => {
        if (key !== worker || isDeepStrictEqual(now, value ?? NO_ORDERS)) return;
        now = value ?? NO_ORDERS;
        if (isKnown) onChange(now);
      },
      () => {
        isKnown = true;
        resolve(opened);
      },
    );
  });
  return {
    get now() {
      return now;
    },
    close() {
      watch.close();
    },
  };
}
