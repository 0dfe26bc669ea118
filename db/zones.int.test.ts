import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CameraMeasured } from '#protocol/camera-quality.ts';
import { factId } from '#protocol/ids.ts';
import type { Zone } from '#protocol/geometry.ts';
import type { ZoneLeft, ZoneMeasured, ZoneThresholdCrossed } from '#protocol/zone-facts.ts';
import { leaseStarted, newLease, publish, type TestLease } from '#ops/testkit/facts.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { createCamera, setGeometry } from './commands/cameras.ts';
import { loadConfigs } from './camera-view.ts';
import { qualityByPeriod } from './queries/quality.ts';
import { makePartitions } from './schedules/partitions.ts';
import { zonesByPeriod, zonesNow, zoneVisits } from './queries/zones.ts';

const T = Date.parse('2026-11-22T10:00:00Z');
const MINUTE_MS = 60_000;
let world: TestProjector;
let camera = '';

beforeAll(async () => {
  world = await openTestProjector(T);
});
afterAll(() => world.close());
beforeEach(() => {
  camera = `cam-${randomBytes(4).toString('hex')}`;
});

async function eventually(check: () => Promise<void> | void): Promise<void> {
  await vi.waitFor(check, { timeout: 15_000, interval: 50 });
}

const numbered = (lease: TestLease, n: number) => ({ ...lease, id: factId(lease.camera, lease.leaseId, n), n });

function visit(lease: TestLease, n: number, enteredAtMs: number, leftAtMs: number): ZoneLeft {
  const when = { enteredAtMs, leftAtMs, appeared: false, lost: n % 2 === 0 };
  const who = { run: 1, track: n, zone: 'till', confidence: 0.8, model: 'test', cameraRevision: 1 };
  return { type: 'ZoneLeft', ...numbered(lease, n), ...who, ...when };
}

function minute(lease: TestLease, n: number, fromMs: number, more: Partial<ZoneMeasured> = {}): ZoneMeasured {
  const people = { peopleMin: 0, peopleMax: 2, peopleMean: 1, people: 1, entries: 1, exits: 0, dwellMeanMs: null };
  const when = { fromMs, untilMs: fromMs + MINUTE_MS, observedMs: MINUTE_MS };
  return { type: 'ZoneMeasured', ...numbered(lease, n), zone: 'till', ...when, ...people, cameraRevision: 1, ...more };
}

function alarm(lease: TestLease, n: number, crossedAtMs: number, isBeyond: boolean): ZoneThresholdCrossed {
  const limit = { threshold: 'over' as const, limit: 1, people: isBeyond ? 2 : 1, isBeyond };
  const when = { sinceMs: crossedAtMs - 5_000, crossedAtMs };
  return { type: 'ZoneThresholdCrossed', ...numbered(lease, n), zone: 'till', ...limit, ...when, cameraRevision: 1 };
}

function quality(lease: TestLease, n: number, fromMs: number, more: Partial<CameraMeasured> = {}): CameraMeasured {
  const frames = { frames: 600, fpsWanted: 10, fpsReached: 10, confidence: 0.8, degradedMs: 0, model: 'test' };
  const lost = { droppedDecoding: 1, droppedWaiting: 2, failed: 3, tracksAtLines: 6, crossings: 5 };
  const when = { fromMs, untilMs: fromMs + MINUTE_MS };
  return { type: 'CameraMeasured', ...numbered(lease, n), ...when, ...frames, ...lost, cameraRevision: 1, ...more };
}

describe('facts about zones', () => {
  it('are stored once however often they come, settled, and told by the queries', async () => {
    const lease = newLease(camera);
    await publish(world.bus, leaseStarted(lease, T));
    const facts = [
      visit(lease, 1, T + 1_000, T + 9_500),
      visit(lease, 2, T + 4_000, T + 30_000),
      minute(lease, 3, T, { exits: 2, dwellMeanMs: 17_250, peopleMin: 0, peopleMean: 0.5 }),
      minute(lease, 4, T + MINUTE_MS, {
        peopleMin: 1,
        peopleMax: 3,
        peopleMean: 2,
        exits: 1,
        dwellMeanMs: 2_250,
        waitMs: 40_000,
      }),
      alarm(lease, 5, T + 20_000, false),
      alarm(lease, 6, T + 90_000, true),
      minute(lease, 7, T + 2 * MINUTE_MS, { people: 2, observedMs: 30_000, waitMs: 20_000 }),
    ];
    for (const fact of facts) await publish(world.bus, fact);
    for (const fact of facts) await publish(world.bus, fact, `again.${fact.id}`);
    await eventually(async () => {
      expect(await world.watermark(lease)).toMatchObject({ n: 7, started: true });
    });
    // A third time, after which nothing may have changed.
    for (const fact of facts) await publish(world.bus, fact, `third.${fact.id}`);
    await publish(world.bus, visit(lease, 8, T + 50_000, T + 55_000));
    await eventually(async () => {
      expect(await world.watermark(lease)).toMatchObject({ n: 8 });
    });

    const visits = await zoneVisits(world.database, camera);
    expect(visits.map(({ id }) => id)).toEqual([8, 2, 1].map((n) => factId(camera, lease.leaseId, n)));
    expect(visits[2]).toEqual({
      id: factId(camera, lease.leaseId, 1),
      ...{ zone: 'till', run: 1, track: 1, appeared: false, lost: false },
      ...{ enteredAtMs: T + 1_000, leftAtMs: T + 9_500, dwellMs: 8_500 },
    });
    expect(await zoneVisits(world.database, camera, { zone: 'till', beforeMs: T + 30_000, limit: 1 })).toEqual([
      visits[2],
    ]);
    expect(await zoneVisits(world.database, camera, { zone: 'other' })).toEqual([]);

    const range = { fromMs: T, untilMs: T + 4 * MINUTE_MS, periodMs: 2 * MINUTE_MS };
    expect(await zonesByPeriod(world.database, camera, range)).toEqual([
      {
        fromMs: T,
        zones: [
          {
            ...{ zone: 'till', observedMs: 120_000, peopleMin: 0, peopleMax: 3, peopleMean: 1.25 },
            ...{ entries: 2, exits: 3, dwellMeanMs: 12_250, waitMeanMs: 40_000 },
          },
        ],
      },
      {
        fromMs: T + 2 * MINUTE_MS,
        zones: [
          {
            ...{ zone: 'till', observedMs: 30_000, peopleMin: 0, peopleMax: 2, peopleMean: 1 },
            ...{ entries: 1, exits: 0, dwellMeanMs: null, waitMeanMs: 20_000 },
          },
        ],
      },
    ]);
    expect(await zonesNow(world.database, camera, T + 4 * MINUTE_MS)).toEqual([
      {
        ...{ zone: 'till', atMs: T + 3 * MINUTE_MS, people: 2, waitMs: 20_000 },
        ...{ over: { limit: 1, isBeyond: true, people: 2, sinceMs: T + 85_000 }, under: null },
      },
    ]);
    expect(await zonesNow(world.database, camera, T + 2 * 24 * 3_600_000)).toEqual([]);
  });

  it('reach the tables from a worker’s outbox', async () => {
    const lease = newLease(camera);
    const outbox = await world.openOutbox();
    onTestFinished(() => outbox.close());
    await outbox.startLease(lease, T);
    for (const fact of [
      visit(lease, 1, T, T + 5_000),
      minute(lease, 2, T),
      alarm(lease, 3, T + 1, true),
      quality(lease, 4, T),
    ]) {
      await outbox.append(lease, fact);
    }
    await eventually(async () => {
      expect(await outbox.unsettled()).toBe(0);
    });
    expect(await zoneVisits(world.database, camera)).toMatchObject([{ leftAtMs: T + 5_000 }]);
    expect(await zonesNow(world.database, camera, T)).toMatchObject([{ people: 1, over: { isBeyond: true } }]);
    const range = { fromMs: T, untilMs: T + MINUTE_MS, periodMs: MINUTE_MS };
    expect(await qualityByPeriod(world.database, camera, range)).toMatchObject([{ quality: { frames: 600 } }]);
  });

  it('of a lease that does not own their instant are fenced, those that come before their lease wait for it', async () => {
    const [older, newer] = [newLease(camera, 1), newLease(camera, 2)];
    await publish(world.bus, leaseStarted(older, T));
    await publish(world.bus, leaseStarted(newer, T + 30_000));
    await publish(world.bus, visit(older, 1, T + 1_000, T + 29_999));
    await publish(world.bus, visit(older, 2, T + 1_000, T + 30_000));
    await publish(world.bus, minute(older, 3, T));
    await publish(world.bus, alarm(older, 4, T + 31_000, true));
    await publish(world.bus, quality(older, 5, T));
    const third = newLease(camera, 3);
    await publish(world.bus, minute(third, 1, T + MINUTE_MS));
    await eventually(async () => {
      expect(await world.watermark(older)).toMatchObject({ n: 5 });
      expect(await world.rows('select 1 from held_facts where camera = ?', camera)).toHaveLength(1);
    });
    expect((await zoneVisits(world.database, camera)).map(({ id }) => id)).toEqual([visit(older, 1, 0, 0).id]);
    const rejected = await world.rejected(camera);
    expect(rejected).toEqual(Object.fromEntries([2, 3, 4, 5].map((n) => [visit(older, n, 0, 0).id, 'fenced'])));
    await publish(world.bus, leaseStarted(third, T + 40_000));
    await eventually(async () => {
      expect(await world.watermark(third)).toMatchObject({ n: 1, started: true });
    });
    expect(await zonesNow(world.database, camera, T + 200_000)).toMatchObject([{ zone: 'till', people: 1 }]);
  });

  it('are voided when a lease that becomes known late owns their instant', async () => {
    const [older, newer] = [newLease(camera, 1), newLease(camera, 2)];
    await publish(world.bus, leaseStarted(older, T));
    const facts = [
      visit(older, 1, T + 1_000, T + 9_000),
      visit(older, 2, T + 1_000, T + 61_000),
      minute(older, 3, T + MINUTE_MS),
      alarm(older, 4, T + 61_000, true),
      quality(older, 5, T + MINUTE_MS),
    ];
    for (const fact of facts) await publish(world.bus, fact);
    await eventually(async () => {
      expect(await world.watermark(older)).toMatchObject({ n: 5 });
      expect(await zoneVisits(world.database, camera)).toHaveLength(2);
    });
    await publish(world.bus, leaseStarted(newer, T + 60_000));
    await eventually(async () => {
      expect(Object.values(await world.rejected(camera))).toEqual(['voided', 'voided', 'voided', 'voided']);
    });
    expect(await zoneVisits(world.database, camera)).toMatchObject([{ leftAtMs: T + 9_000 }]);
    expect(await zonesNow(world.database, camera, T + 200_000)).toEqual([]);
  });
});

describe('partitions', () => {
  it('take strays of zones and cameras in, too', async () => {
    const lease = newLease(camera);
    const far = T + 50 * 24 * 60 * MINUTE_MS;
    await publish(world.bus, leaseStarted(lease, T));
    await publish(world.bus, visit(lease, 1, far, far + 1_000));
    await publish(world.bus, quality(lease, 2, far));
    const strays = (table: string): Promise<unknown[]> =>
      world.rows(`select 1 from ${table}_strays where camera = ?`, camera);
    await eventually(async () => {
      expect([await strays('zone_visits'), await strays('camera_minutes')]).toMatchObject([[{}], [{}]]);
    });
    await makePartitions(world.database, silentLog, T);
    expect([await strays('zone_visits'), await strays('camera_minutes')]).toEqual([[], []]);
    expect(await zoneVisits(world.database, camera)).toHaveLength(1);
  });
});

describe('the quality of a camera', () => {
  it('is summed up by period, and null where nobody had the camera', async () => {
    const lease = newLease(camera);
    await publish(world.bus, leaseStarted(lease, T));
    await publish(world.bus, quality(lease, 1, T));
    await publish(
      world.bus,
      quality(lease, 2, T + MINUTE_MS, { frames: 0, confidence: null, degradedMs: 60_000, model: null }),
    );
    const unwatched = { tracksAtLines: undefined, crossings: undefined };
    await publish(world.bus, { ...quality(lease, 3, T + 3 * MINUTE_MS), ...unwatched } as CameraMeasured);
    await eventually(async () => {
      expect(await world.watermark(lease)).toMatchObject({ n: 3 });
    });
    const range = { fromMs: T - 2 * MINUTE_MS, untilMs: T + 4 * MINUTE_MS, periodMs: 2 * MINUTE_MS };
    expect(await qualityByPeriod(world.database, camera, range)).toEqual([
      { fromMs: T - 2 * MINUTE_MS, quality: null },
      {
        fromMs: T,
        quality: {
          ...{ measuredMs: 120_000, frames: 600, fpsWanted: 10, fpsReached: 5, confidence: 0.8, degradedMs: 60_000 },
          ...{ droppedDecoding: 2, droppedWaiting: 4, failed: 6, fragmentation: 1.2 },
        },
      },
      {
        fromMs: T + 2 * MINUTE_MS,
        quality: {
          ...{ measuredMs: 60_000, frames: 600, fpsWanted: 10, fpsReached: 10, confidence: 0.8, degradedMs: 0 },
          ...{ droppedDecoding: 1, droppedWaiting: 2, failed: 3, fragmentation: null },
        },
      },
    ]);
  });
});

describe('a zone’s settings', () => {
  it('come back from the database as they were given, and what was left open stays open', async () => {
    const corners: Zone['polygon'] = [
      [0.1, 0.1],
      [0.9, 0.1],
      [0.5, 0.9],
    ];
    const plain: Zone = { id: 'plain', name: 'Plain', polygon: corners };
    const limits = { minStayMs: 2_000, overPeople: 5, underPeople: 0, holdMs: 10_000 };
    const till: Zone = { id: 'till', name: 'Till', polygon: corners, anchor: 'head', isQueue: true, ...limits };
    const { id } = await createCamera(world.database, world.sealer, { name: 'Zones', mainUrl: 'rtsp://10.0.0.1/' });
    const view = await setGeometry(world.database, id, { lines: [], zones: [plain, till] });
    expect(view.zones).toEqual([plain, till]);
    const [config] = await world.database.read((em) => loadConfigs(em, [id]));
    expect(JSON.parse(JSON.stringify(config?.zones))).toEqual([plain, till]);
  });
});
