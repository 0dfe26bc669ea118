import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { cameraConfigSchema } from '#protocol/camera.ts';
import { epochFloorSchema } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { Outbox, UndecidedFact } from '#actors/publishing/outbox.ts';
import { leaseStarted, lineCrossed, newLease, publish } from '#ops/testkit/facts.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { createCamera, deleteCamera, updateCamera } from './commands/cameras.ts';
import { countsOf } from './queries/counts.ts';

const T = Date.parse('2026-11-22T10:00:00Z');
let world: TestProjector;
let camera = '';
let cameras = 0;

beforeAll(async () => {
  world = await openTestProjector(T);
});
afterAll(() => world.close());
beforeEach(() => {
  camera = `cam-${String((cameras += 1))}`;
});

async function eventually(check: () => Promise<void> | void, timeout = 15_000): Promise<void> {
  await vi.waitFor(check, { timeout, interval: 50 });
}

async function openOutbox(): Promise<Outbox> {
  const outbox = await world.openOutbox();
  onTestFinished(() => outbox.close());
  return outbox;
}

function undecided(track: number, crossedAtMs: number): UndecidedFact {
  const {
    type,
    run,
    line,
    direction,
    confidence,
    detections,
    boxHeightFrac,
    path,
    processingMs,
    model,
    cameraRevision,
  } = lineCrossed(newLease(camera), 1, crossedAtMs);
  return {
    type,
    camera,
    run,
    track,
    line,
    direction,
    crossedAtMs,
    confidence,
    detections,
    boxHeightFrac,
    path,
    processingMs,
    model,
    cameraRevision,
  };
}

describe('servers that fail', () => {
  it('stores everything that was counted while PostgreSQL was away', async () => {
    const lease = newLease(camera);
    const outbox = await openOutbox();
    await outbox.startLease(lease, T);
    await outbox.append(lease, undecided(0, T));
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(1);
    });
    await world.postgres.stop();
    for (let i = 1; i <= 200; i += 1) await outbox.append(lease, undecided(i, T + i));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await world.postgres.start();
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(201);
      expect(await outbox.unsettled()).toBe(0);
    }, 30_000);
    expect(await world.rejected(camera)).toEqual({});
  });

  it('loses and doubles nothing when nats-server is killed hard in the middle', async () => {
    const lease = newLease(camera);
    const outbox = await openOutbox();
    await outbox.startLease(lease, T);
    const appending = (async () => {
      for (let i = 0; i < 600; i += 1) await outbox.append(lease, undecided(i, T + i));
    })();
    await new Promise((resolve) => setTimeout(resolve, 150));
    await world.nats.kill();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await world.nats.start();
    await appending;
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(600);
      expect(await outbox.unsettled()).toBe(0);
      expect(await countsOf(world.database, camera)).toMatchObject({
        lines: [{ line: 'door', in: 600, out: 0 }],
        version: 600,
      });
    }, 30_000);
  });

  it('keeps the totals right when two projectors share the stream', async () => {
    const lease = newLease(camera);
    const outbox = await openOutbox();
    await outbox.startLease(lease, T);
    const second = await world.startSecond();
    for (let i = 0; i < 300; i += 1) await outbox.append(lease, undecided(i, T + i));
    await eventually(async () => {
      expect(await outbox.unsettled()).toBe(0);
      const expected = { lines: [{ line: 'door', in: 300, out: 0 }], occupancy: 300, version: 300 };
      expect(await countsOf(world.database, camera)).toMatchObject(expected);
    });
    second.close();
  });

  it('skips nothing when the stream is restored to an older copy while the database is behind', async () => {
    const lease = newLease(camera);
    const outbox = await openOutbox();
    await outbox.startLease(lease, T);
    await outbox.append(lease, undecided(0, T));
    await eventually(async () => {
      expect(await outbox.unsettled()).toBe(0);
    });
    await world.nats.stop();
    world.nats.saveStore();
    await world.nats.start();
    for (let i = 1; i <= 50; i += 1) await outbox.append(lease, undecided(i, T + i));
    await eventually(async () => {
      expect(await outbox.unsettled()).toBe(0);
    });
    // These reach the stream, not the database; then the stream forgets them.
    await world.postgres.stop();
    for (let i = 51; i <= 60; i += 1) await outbox.append(lease, undecided(i, T + i));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await world.nats.stop();
    world.nats.restoreStore();
    await world.nats.start();
    await world.postgres.start();
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(61);
      expect(await outbox.unsettled()).toBe(0);
    }, 40_000);
  });
});

describe('desired state', () => {
  it('reaches the bucket within a second, floor first, with the sealed login; a delete leaves a tombstone', async () => {
    const made = await createCamera(world.database, world.sealer, { name: 'Bucket', mainUrl: 'rtsp://u:p@10.0.0.1/a' });
    const configs = await world.bus.bucket(buckets.cameras, cameraConfigSchema);
    const floors = await world.bus.bucket(buckets.epochFloors, epochFloorSchema);
    await eventually(async () => {
      expect((await configs.get(made.id))?.value).toMatchObject({ revision: 1, mainUrl: 'rtsp://10.0.0.1/a' });
    }, 1_000);
    expect((await floors.get(made.id))?.value).toEqual({ camera: made.id, epoch: 0 });
    const sealed = (await configs.get(made.id))?.value?.sealedCredentials ?? '';
    expect(JSON.parse(world.sealer.open(sealed, `camera:${made.id}`))).toEqual({ username: 'u', password: 'p' });
    await updateCamera(world.database, world.sealer, made.id, { name: 'Renamed' });
    await publish(world.bus, leaseStarted(newLease(made.id, 7), T));
    await eventually(async () => {
      expect((await configs.get(made.id))?.value).toMatchObject({ revision: 2, name: 'Renamed' });
      expect((await floors.get(made.id))?.value).toMatchObject({ epoch: 7 });
    });
    await deleteCamera(world.database, made.id);
    await eventually(async () => {
      expect((await configs.get(made.id))?.value).toMatchObject({
        revision: 3,
        deleted: true,
        sealedCredentials: null,
      });
    });
  });

  it('puts right what a bucket lost although no table changed', async () => {
    const made = await createCamera(world.database, world.sealer, { name: 'Lost', mainUrl: 'rtsp://10.0.0.2/a' });
    const floors = await world.bus.bucket(buckets.epochFloors, epochFloorSchema);
    await eventually(async () => {
      expect((await floors.get(made.id))?.value).toMatchObject({ epoch: 0 });
    });
    await floors.delete(made.id);
    await eventually(async () => {
      expect((await floors.get(made.id))?.value).toMatchObject({ epoch: 0 });
    }, 15_000);
  });
});
