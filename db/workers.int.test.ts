import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { workerHeartbeatSchema, type WorkerHeartbeat } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import { UNKNOWN_DETAILS, workerOrdersSchema, type WorkerOrders } from '#protocol/workers.ts';
import type { Bucket } from '#ops/runtime/bus.port.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { orderWorker } from './commands/workers.ts';
import { WorkerRegistry } from './projections/worker-registry.ts';
import { knownWorkers, type KnownWorker } from './queries/workers.ts';

const T0 = Date.UTC(2026, 10, 22, 12);

let projector: TestProjector;
let heartbeats: Bucket<WorkerHeartbeat>;
let orders: Bucket<WorkerOrders>;

beforeAll(async () => {
  projector = await openTestProjector(Date.now());
  heartbeats = await projector.bus.bucket(buckets.workers, workerHeartbeatSchema);
  orders = await projector.bus.bucket(buckets.workerOrders, workerOrdersSchema);
});
afterAll(() => projector.close());

async function beat(worker: string, atMs: number, more: Partial<WorkerHeartbeat> = {}): Promise<void> {
  await heartbeats.put(worker, {
    ...{ worker, bootId: 'b-1', atMs, host: 'attic', capacity: 4, cameras: 0, availability: 'open', relay: 'werift' },
    ...{ ...UNKNOWN_DETAILS, version: '1.0', startedAtMs: T0, ...more },
  });
}

async function known(id: string): Promise<KnownWorker | undefined> {
  return (await knownWorkers(projector.database)).find((worker) => worker.id === id);
}

/** Polls until what is known of the worker is as told. */
async function untilKnown(id: string, what: Partial<KnownWorker>): Promise<void> {
  await vi.waitFor(async () => {
    expect(await known(id)).toMatchObject(what);
  });
}

describe('the table of workers', () => {
  it('has who was heard, with what it says of itself, and keeps it when it is gone', async () => {
    await beat('w-1', T0, { groups: ['gpu'], cores: 4, inferencesPerSecond: 40.5 });
    await untilKnown('w-1', {
      ...{ host: 'attic', version: '1.0', capacity: 4, cores: 4, inferencesPerSecond: 40.5, groups: ['gpu'] },
      ...{ startedAtMs: T0, firstSeenMs: T0, lastSeenMs: T0, cordoned: false, drained: false, orderedAtMs: null },
    });
    await beat('w-1', T0 + 4_000, { groups: ['gpu'], cores: 4, inferencesPerSecond: 40.5 });
    await heartbeats.delete('w-1');
    await untilKnown('w-1', { firstSeenMs: T0, lastSeenMs: T0 + 4_000 });
  });

  it('is written at once when something changes, and twice a minute when nothing does', async () => {
    const write = vi.spyOn(projector.database, 'write');
    await beat('w-2', T0);
    await untilKnown('w-2', { lastSeenMs: T0 });
    for (let atMs = T0 + 2_000; atMs < T0 + 30_000; atMs += 2_000) await beat('w-2', atMs, { cameras: 3, load: 1.2 });
    await beat('w-2', T0 + 30_000);
    await untilKnown('w-2', { lastSeenMs: T0 + 30_000 });
    expect(write).toHaveBeenCalledTimes(2);
    await beat('w-2', T0 + 32_000, { bootId: 'b-2', version: '1.1' });
    await untilKnown('w-2', { version: '1.1', firstSeenMs: T0, lastSeenMs: T0 + 32_000 });
    write.mockRestore();
  });

  it('is not set back by a heartbeat that comes late', async () => {
    await beat('w-3', T0 + 60_000, { version: '2' });
    await untilKnown('w-3', { version: '2' });
    await beat('w-3', T0, { version: '1' });
    await beat('w-4', T0);
    await untilKnown('w-4', { id: 'w-4' });
    expect(await known('w-3')).toMatchObject({ version: '2', lastSeenMs: T0 + 60_000 });
    // One that starts now finds the late one only.
    const second = await WorkerRegistry.start({ ...projector, log: silentLog });
    await second.close();
    expect(await known('w-3')).toMatchObject({ version: '2', lastSeenMs: T0 + 60_000 });
  });

  it('is caught up with after the database was away', async () => {
    await projector.postgres.stop();
    await beat('w-5', T0);
    await projector.postgres.start();
    await vi.waitFor(async () => expect(await known('w-5')).toMatchObject({ lastSeenMs: T0 }), { timeout: 20_000 });
  });
});

describe('orderWorker()', () => {
  it('reaches the bucket at once, and a worker that is away finds it there later', async () => {
    await beat('w-6', T0);
    await untilKnown('w-6', { id: 'w-6' });
    await orderWorker(projector.database, 'w-6', { cordoned: true, drained: false }, T0 + 5_000);
    await vi.waitFor(async () => {
      expect((await orders.get('w-6'))?.value).toEqual({ cordoned: true, drained: false });
    });
    expect(await known('w-6')).toMatchObject({ cordoned: true, drained: false, orderedAtMs: T0 + 5_000 });
    await orderWorker(projector.database, 'w-6', { cordoned: false, drained: false }, T0 + 6_000);
    await vi.waitFor(async () => {
      expect((await orders.get('w-6'))?.value).toEqual({ cordoned: false, drained: false });
    });
  });

  it('refuses an unknown worker and an order that is none, and tells the bus nothing', async () => {
    const { database } = projector;
    const order = { cordoned: true, drained: false };
    await expect(orderWorker(database, 'nobody', order, T0)).rejects.toMatchObject({
      code: 'worker.not-found',
      message: 'no worker called nobody was ever heard',
    });
    const nonsense = { cordoned: 'yes', drained: false } as never;
    await expect(orderWorker(database, 'w-6', nonsense, T0)).rejects.toMatchObject({ code: 'input.invalid' });
    expect(await orders.keys()).not.toContain('nobody');
  });

  it('is published again after the bus lost it', async () => {
    await orderWorker(projector.database, 'w-6', { cordoned: true, drained: true }, T0);
    await vi.waitFor(async () => expect((await orders.get('w-6'))?.value).toMatchObject({ drained: true }));
    await projector.nats.stop();
    projector.nats.wipeStore();
    await projector.nats.start();
    await vi.waitFor(async () => expect((await orders.get('w-6'))?.value).toMatchObject({ drained: true }), {
      timeout: 30_000,
    });
  });
});
