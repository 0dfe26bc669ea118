import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { epochFloorSchema, leaseRecordSchema, type Availability } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import { orderWorker } from '#db/commands/workers.ts';
import { knownWorkers } from '#db/queries/workers.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { followOrders } from '../system/worker-orders.ts';
import { availabilityOf } from './availability.ts';
import { Claimer } from './claimer.ts';
import { openLeases, type Leases } from './leases.ts';
import { Mover } from './mover.ts';

/** Workers without cameras' media: who holds which camera, by what an operator ordered. */

const CAPACITY = 2;
/** `<camera>` -> the group that it is kept to. */
const pinned = new Map<string, string>();
let projector: TestProjector;
const ends: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  projector = await openTestProjector(Date.now());
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => projector.close());

interface Worker {
  readonly leases: Leases;
  readonly claimer: Claimer;
  /** `camera code` of each camera that it said nobody runs. */
  readonly told: string[];
  end(): Promise<void>;
}

async function start(worker: string, groups: string[] = []): Promise<Worker> {
  const { nats } = projector;
  const bus: Bus = await openBus({ ...nats, name: worker, log: silentLog });
  const clock = new SlewedClock();
  const orders = await followOrders(bus, worker, () => void leases.announce());
  const availability = (cameras: number): Availability =>
    availabilityOf({ isLeaving: false, ...orders.now, cameras, isFull: cameras >= CAPACITY });
  const leases: Leases = await openLeases({
    ...{ bus, clock, log: silentLog, worker, host: 'test', capacity: CAPACITY },
    ...{ availability, relay: () => 'none', groups, groupOf: (camera) => pinned.get(camera) ?? null },
  });
  const told: string[] = [];
  const claimer = new Claimer(leases, clock, {
    // As soon as it has a picture.
    onClaimed: (lease) => void leases.started(lease, Date.now()),
    onUnclaimed: (camera, { code }) => told.push(`${camera} ${code}`),
  });
  const mover = new Mover({ leases, clock, log: silentLog, isBusy: () => false });
  let isEnded = false;
  const end = async (): Promise<void> => {
    if (isEnded) return;
    isEnded = true;
    mover.close();
    claimer.close();
    orders.close();
    await leases.close();
    await bus.close();
  };
  ends.push(end);
  return { leases, claimer, told, end };
}

async function cameras(...ids: string[]): Promise<void> {
  const floors = await projector.bus.bucket(buckets.epochFloors, epochFloorSchema);
  for (const camera of ids) await floors.put(camera, { camera, epoch: 0 });
}

async function holderOf(camera: string): Promise<string | null> {
  const record = (await (await projector.bus.bucket(buckets.leases, leaseRecordSchema)).get(camera))?.value;
  return record === undefined || record === null || record.released ? null : record.worker;
}

async function order(worker: string, cordoned: boolean, drained: boolean): Promise<void> {
  await vi.waitFor(async () => {
    expect((await knownWorkers(projector.database)).map(({ id }) => id)).toContain(worker);
  });
  await orderWorker(projector.database, worker, { cordoned, drained }, Date.now());
}

const soon = { timeout: 20_000, interval: 100 };

it('a cordoned worker keeps its cameras and takes no more, also after it was started anew, until it is taken back', async () => {
  await cameras('door', 'hall');
  let one = await start('w-1');
  one.claimer.want('door');
  await vi.waitFor(async () => expect(await holderOf('door')).toBe('w-1'), soon);
  await order('w-1', true, false);
  await vi.waitFor(() => expect(one.leases.standing().availability).toBe('cordoned'), soon);
  one.claimer.want('hall');
  await vi.waitFor(() => expect(one.told).toEqual(['hall fleet.full']), soon);
  expect(await holderOf('door')).toBe('w-1');
  await one.end();
  one = await start('w-1');
  expect(one.leases.standing().availability).toBe('cordoned');
  one.claimer.want('hall');
  await vi.waitFor(() => expect(one.told).toEqual(['hall fleet.full']), soon);
  await order('w-1', false, false);
  await vi.waitFor(async () => expect(await holderOf('hall')).toBe('w-1'), soon);
});

it('a drained worker hands all of its cameras over, and has one again once it is taken back', async () => {
  await cameras('yard', 'stairs');
  const two = await start('w-2');
  for (const camera of ['yard', 'stairs']) two.claimer.want(camera);
  await vi.waitFor(() => expect(two.leases.held).toHaveLength(2), soon);
  const three = await start('w-3');
  for (const camera of ['yard', 'stairs']) three.claimer.want(camera);
  await order('w-2', false, true);
  await vi.waitFor(() => expect(two.leases.standing().availability).toBe('leaving'), soon);
  await vi.waitFor(
    async () => expect([await holderOf('yard'), await holderOf('stairs')]).toEqual(['w-3', 'w-3']),
    soon,
  );
  await vi.waitFor(() => expect(two.leases.standing().availability).toBe('cordoned'), soon);
  await order('w-2', false, false);
  await vi.waitFor(() => expect(two.leases.standing().availability).toBe('open'), soon);
});

it('of a fleet that is full one worker tells of each camera that waits, and no other does', async () => {
  const wanted = Array.from({ length: 8 }, (_, i) => `w-cam-${String(i)}`);
  await cameras(...wanted);
  const fleet = await Promise.all([start('w-4'), start('w-5'), start('w-6')]);
  await vi.waitFor(() => {
    for (const { leases } of fleet) expect(leases.livePeers()).toHaveLength(2);
  }, soon);
  for (const { claimer } of fleet) for (const camera of wanted) claimer.want(camera);
  await vi.waitFor(() => expect(fleet.flatMap(({ told }) => told)).toHaveLength(2), soon);
  // Longer than it takes to tell.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const told = fleet.flatMap((worker) => worker.told);
  const waiting = wanted.filter((camera) => !fleet.some(({ leases }) => leases.held.some((h) => h.camera === camera)));
  expect(waiting).toHaveLength(2);
  expect(told.toSorted()).toEqual(waiting.map((camera) => `${camera} fleet.full`));
});

it('a camera kept to a group is run by a worker of it, waits while there is none, and moves when it is pinned later', async () => {
  await cameras('roof', 'cellar');
  pinned.set('roof', 'gpu');
  const plain = await start('w-7');
  for (const camera of ['roof', 'cellar']) plain.claimer.want(camera);
  await vi.waitFor(() => expect(plain.told).toEqual(['roof camera.unclaimed']), soon);
  expect([await holderOf('roof'), await holderOf('cellar')]).toEqual([null, 'w-7']);
  const special = await start('w-8', ['gpu']);
  for (const camera of ['roof', 'cellar']) special.claimer.want(camera);
  await vi.waitFor(async () => expect(await holderOf('roof')).toBe('w-8'), soon);
  pinned.set('cellar', 'gpu');
  await vi.waitFor(async () => expect(await holderOf('cellar')).toBe('w-8'), { ...soon, timeout: 30_000 });
});
