import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { epochFloorSchema, leaseRecordSchema, workerHeartbeatSchema } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { ensureStreams } from '#ops/runtime/bus.streams.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestNats, type TestNats } from '#ops/testkit/nats.ts';
import type { Lease } from './held-lease.ts';
import { openLeases, type Leases } from './leases.ts';

const FRESH = { released: false, offeredTo: null, takenFrom: null, countsFromMs: null };

let nats: TestNats;
let bus: Bus;
let camera = '';
let count = 0;

beforeAll(async () => {
  nats = await openTestNats();
  bus = await connect();
  await ensureStreams(bus);
});
beforeEach(async () => {
  camera = `cam-${String((count += 1))}`;
  await (await bus.bucket(buckets.epochFloors, epochFloorSchema)).put(camera, { camera, epoch: 10 });
});
afterAll(async () => {
  await bus.close();
  await nats.close();
});

function connect(): Promise<Bus> {
  return openBus({ url: nats.url, user: nats.user, passwordFile: nats.passwordFile, name: 'test', log: silentLog });
}

function open(worker: string, on: Bus = bus, clock = new SlewedClock()): Promise<Leases> {
  return openLeases({
    bus: on,
    clock,
    log: silentLog,
    worker,
    host: 'test',
    capacity: 4,
    availability: () => 'open',
    relay: () => 'werift',
  });
}

/** Workers of earlier tests may still seem alive and go first. */
function claimed(leases: Leases): Promise<Lease> {
  return vi.waitFor(() => leases.claim(camera), { timeout: 20_000, interval: 100 });
}

async function recordOf(key: string): Promise<{ leaseId: string; epoch: number; released: boolean } | null> {
  const bucket = await bus.bucket(buckets.leases, leaseRecordSchema);
  return (await bucket.get(key))?.value ?? null;
}

describe('leases', () => {
  it('claims above the database’s epoch, claims once, and releases', async () => {
    const leases = await open('w-1');
    const lease = await leases.claim(camera);
    expect(lease).toMatchObject({ camera, worker: 'w-1', epoch: 11 });
    expect(await leases.claim(camera)).toBe(lease);
    await leases.release(lease);
    expect(await recordOf(camera)).toMatchObject({ leaseId: lease.leaseId, released: true });
    const [one, other] = await Promise.all([leases.claim(camera), leases.claim(camera)]);
    expect(one).toBe(other);
    expect(one.epoch).toBe(12);
    await leases.close();
    expect(await recordOf(camera)).toMatchObject({ epoch: 12, released: true });
    expect((await (await bus.bucket(buckets.workers, workerHeartbeatSchema)).get('w-1'))?.value ?? null).toBeNull();
  });

  it('lets a restarted worker claim its camera at once, although the old process released nothing', async () => {
    const killed = await connect();
    const before = await claimed(await open('w-2', killed));
    await killed.close(); // As by kill -9: no release, no farewell.
    const leases = await open('w-2');
    const after = await leases.claim(camera);
    expect(after.epoch).toBe(before.epoch + 1);
    await leases.close();
  });

  it('leaves a camera to the worker that runs it, and takes it over once that worker is silent', async () => {
    const other = await connect();
    const first = await claimed(await open('w-3', other));
    const second = await open('w-4');
    await expect(second.claim(camera)).rejects.toMatchObject({ code: 'camera.held-elsewhere' });
    await other.close();
    const taken = await claimed(second);
    expect(taken.epoch).toBe(first.epoch + 1);
    await second.close();
  });

  it('is not certain of its cameras after a silence until it has asked who holds them', async () => {
    const taken = 'cam-taken';
    await (await bus.bucket(buckets.epochFloors, epochFloorSchema)).put(taken, { camera: taken, epoch: 1 });
    let askedTimes = 0;
    let sleptMs = 0;
    const clock = new SlewedClock(() => performance.now() + sleptMs);
    const records = await bus.bucket(buckets.leases, leaseRecordSchema);
    vi.spyOn(bus, 'bucket').mockResolvedValueOnce(records as never);
    const leases = await open('w-9', bus, clock);
    leases.onCertain(() => (askedTimes += 1));
    const kept = await claimed(leases);
    const lost = await vi.waitFor(() => leases.claim(taken), { timeout: 20_000 });
    expect([kept.isCertain, lost.isCertain]).toEqual([true, true]);
    const noAnswer = new AppError('bus.unavailable', 'no answer');
    const get = vi.spyOn(records, 'get').mockRejectedValueOnce(noAnswer);
    sleptMs = 20_000;
    expect(kept.isCertain).toBe(false);
    await vi.waitFor(() => {
      expect(get).toHaveBeenCalled();
    });
    expect([kept.isCertain, askedTimes]).toEqual([false, 0]);
    const record = { camera: taken, worker: 'w-6', bootId: 'x', leaseId: '0'.repeat(24), ...FRESH };
    await records.put(taken, { ...record, epoch: lost.epoch + 1 });
    expect((await lost.lost).message).toContain('w-6');
    await vi.waitFor(() => {
      expect(askedTimes).toBe(1);
    });
    expect(kept.isCertain).toBe(true);
    await leases.close();
  });

  it('tells the holder when somebody with a higher epoch has its camera', async () => {
    const leases = await open('w-5');
    const lease = await claimed(leases);
    const bucket = await bus.bucket(buckets.leases, leaseRecordSchema);
    const usurper = {
      camera,
      worker: 'w-6',
      bootId: 'x',
      leaseId: '0'.repeat(24),
      epoch: lease.epoch + 1,
      ...FRESH,
    };
    await bucket.put(camera, usurper);
    expect((await lease.lost).message).toContain('w-6');
    await leases.close();
    expect(await recordOf(camera)).toMatchObject({ leaseId: usurper.leaseId, released: false });
  });

  it('hands a camera over by agreement: its holder counts and answers until the other does, and decides what was before', async () => {
    const other = await connect();
    const [first, second] = [await open('w-10', other), await open('w-11')];
    const held = await claimed(first);
    const [charge, relieved, lost] = [vi.fn(), vi.fn(), vi.fn()];
    void held.relieved.then(relieved);
    void held.lost.then(lost);
    await vi.waitFor(() => {
      expect(second.isHeld(camera)).toBe(true);
    });
    await expect(second.claim(camera)).rejects.toMatchObject({ code: 'camera.held-elsewhere' });
    for (const other of ['x', 'y']) {
      const busy = `${camera}-${other}`;
      await (await bus.bucket(buckets.epochFloors, epochFloorSchema)).put(busy, { camera: busy, epoch: 1 });
      await vi.waitFor(() => first.claim(busy), { timeout: 20_000, interval: 100 });
    }
    await first.offer(held, 'w-11');
    await first.announce();
    const taken = await claimed(second);
    void taken.inCharge.then(charge);
    expect(taken.epoch).toBe(held.epoch + 1);
    await vi.waitFor(() => {
      expect(first.held.find((each) => each.camera === camera)?.isTaken).toBe(true);
    });
    expect([charge, relieved, lost].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0]);
    await second.started(taken, 1_000);
    await vi.waitFor(() => {
      expect([charge, relieved].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    });
    expect(lost).not.toHaveBeenCalled();
    expect((await held.lost).message).toContain('as agreed');
    expect(taken.isCertain).toBe(true);
    await Promise.all([first.close(), second.close()]);
    expect(await recordOf(camera)).toMatchObject({ leaseId: taken.leaseId, released: true });
    await other.close();
  });

  it('writes its claim again when the store lost it, and keeps the camera', async () => {
    const leases = await open('w-7');
    const lease = await claimed(leases);
    await nats.stop();
    nats.wipeStore();
    await nats.start();
    await vi.waitFor(
      async () => {
        expect(await recordOf(camera)).toMatchObject({ leaseId: lease.leaseId, epoch: lease.epoch });
      },
      { timeout: 15_000, interval: 200 },
    );
    await leases.close();
  });

  it('gives its cameras up when the clock had to be set forward', async () => {
    const clock = new SlewedClock(() => performance.now(), Date.now() - 60_000);
    const leases = await open('w-8', bus, clock);
    const lease = await claimed(leases);
    // The first beat stepped the clock before the claim; a sleep later is seen by the next one.
    expect(Math.abs(clock.epochMs() - Date.now())).toBeLessThan(1_000);
    vi.spyOn(bus, 'measureClock').mockResolvedValueOnce({ serverEpochMs: Date.now() + 60_000, uncertaintyMs: 1 });
    expect((await lease.lost).message).toContain('clock');
    await leases.close();
  });
});
