import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Direction, Line } from '#protocol/geometry.ts';
import { dayAfter, localDay } from '#protocol/site-time.ts';
import { areaMessageSchema, type AreaMessage } from '#protocol/sites.ts';
import { buckets } from '#protocol/streams.ts';
import { leaseStarted, lineCrossed, newLease, publish, type TestLease } from '#ops/testkit/facts.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { setBaseline } from './commands/baselines.ts';
import { createCamera } from './commands/cameras.ts';
import { addDoor, changeDoor } from './commands/doors.ts';
import { createSite, deleteSite, updateSite } from './commands/sites.ts';
import { areaCorrections, areaHistory } from './queries/area-history.ts';
import { occupancyOf } from './queries/areas.ts';
import { doorChecks } from './queries/sites.ts';

const HOUR_MS = 3_600_000;
const T = Date.now() - 6 * HOUR_MS;
let world: TestProjector;
let camera = '';
let [site, hall, cafe] = ['', '', ''];
let lease: TestLease;
let facts = 0;

beforeAll(async () => {
  world = await openTestProjector(T);
});
afterAll(() => world.close());

/** A shop with a hall and a café, a door from the street into each, one between them; all declared long ago. */
beforeEach(async () => {
  const lines = ['street', 'yard', 'inner', 'second'].map((id): Line => ({
    id,
    name: id,
    p1: [0.1, 0.5],
    p2: [0.9, 0.5],
    anchor: 'foot',
  }));
  camera = (await createCamera(world.database, world.sealer, { name: 'Shop', mainUrl: 'rtsp://h/', lines })).id;
  const areas = [{ name: 'Hall' }, { name: 'Café', baselineTo: 1 }];
  const made = await createSite(world.database, { name: 'Shop', timeZone: 'Asia/Kolkata', areas });
  site = made.id;
  cafe = made.areas[0]?.id ?? '';
  hall = made.areas[1]?.id ?? '';
  const twin = { camera, line: 'second', reversed: true };
  await addDoor(world.database, site, { name: 'Street', camera, line: 'street', from: null, to: hall, twin });
  await addDoor(world.database, site, { name: 'Yard', camera, line: 'yard', from: cafe, to: null });
  await addDoor(world.database, site, { name: 'Inner', camera, line: 'inner', from: hall, to: cafe });
  await world.rows(`update doors set since = since - interval '10 days' where site = ? returning 1`, site);
  lease = newLease(camera);
  facts = 0;
  await publish(world.bus, leaseStarted(lease, T - 240 * HOUR_MS));
});

async function eventually(check: () => Promise<void> | void, timeout = 15_000): Promise<void> {
  await vi.waitFor(check, { timeout, interval: 50 });
}

async function cross(line: string, direction: Direction, atMs: number, holder = lease): Promise<void> {
  await publish(world.bus, { ...lineCrossed(holder, (facts += 1), atMs, direction), line });
}

/** People in the hall, in the café and in the whole site. */
async function inside(): Promise<(number | undefined)[]> {
  const all = await occupancyOf(world.database, site, Date.now());
  return [hall, cafe, site].map((id) => all.find(({ area }) => area === id)?.occupancy);
}

async function inBucket(area: string): Promise<AreaMessage | null> {
  const bucket = await world.bus.bucket(buckets.areas, areaMessageSchema);
  return (await bucket.get(area))?.value ?? null;
}

const corrections = (area: string): Promise<{ amount: number; fact: string }[]> =>
  world.rows('select amount, fact_id as fact from drift_corrections where area = ? order by at', area);

describe('people who cross doors', () => {
  it('are in the areas they went to, and once in the site however many lines saw them', async () => {
    for (const at of [1, 2, 3]) await cross('street', 'in', T + at);
    for (const at of [1, 2]) await cross('second', 'out', T + at); // The twin misses the third.
    await cross('inner', 'in', T + 4);
    await cross('yard', 'in', T + 5);
    await eventually(async () => {
      expect(await inside()).toEqual([2, 0, 2]);
      expect(await inBucket(site)).toMatchObject({ area: site, site, occupancy: 2, capacity: null, sinceMs: null });
      expect(await inBucket(hall)).toMatchObject({ occupancy: 2 });
    });
    const day = localDay('Asia/Kolkata', T);
    expect((await doorChecks(world.database, site, day)).find(({ door }) => door === 'street')).toEqual({
      door: 'street',
      counted: { in: 3, out: 0 },
      twin: { in: 2, out: 0 },
      difference: { in: -1, out: 0 },
    });
    const range = { fromMs: T, untilMs: T + 10, minutes: 60 };
    expect(await areaHistory(world.database, site, site, range)).toMatchObject([
      { start: 0, end: 2, min: 0, max: 3, entered: 3, exited: 1 },
    ]);
    const later = { fromMs: T + 2 * HOUR_MS, untilMs: T + 2 * HOUR_MS + 1, minutes: 60 };
    expect(await areaHistory(world.database, site, site, later)).toMatchObject([
      { start: 2, end: 2, min: 2, max: 2, entered: 0, exited: 0 },
    ]);
  });

  it('never make a number negative: who was missed is a correction, taken back when the missing fact comes late', async () => {
    await cross('street', 'out', T + 2_000);
    await eventually(async () => {
      expect(await corrections(hall)).toEqual([{ amount: 1, fact: `${camera}.${lease.leaseId}.1` }]);
      expect(await inside()).toEqual([0, 0, 0]);
    });
    await cross('street', 'in', T + 1_000);
    await eventually(async () => {
      expect(await corrections(hall)).toEqual([]);
      expect(await inside()).toEqual([0, 0, 0]);
    });
    expect(await world.rows('select 1 from area_periods where area = ?', hall)).toHaveLength(1);
  });

  it('leave again when a lease that became known late owned the time', async () => {
    for (const at of [1, 2, 3]) await cross('street', 'in', T + at * HOUR_MS);
    await eventually(async () => {
      expect(await inside()).toEqual([3, 0, 3]);
    });
    await publish(world.bus, leaseStarted(newLease(camera, 2), T + 2 * HOUR_MS));
    await eventually(async () => {
      expect(await inside()).toEqual([1, 0, 1]);
      expect(await inBucket(site)).toMatchObject({ occupancy: 1 });
    });
  });

  it('are all there after the projector was restarted in mid-stream', async () => {
    for (let i = 0; i < 60; i += 1) {
      await cross('street', i % 3 === 2 ? 'out' : 'in', T + i * 60_000);
      if (i === 30) await world.restart();
    }
    // What the first one had fetched and not settled comes again when its time to answer is over.
    await eventually(async () => {
      expect(await inside()).toEqual([20, 0, 20]);
      expect(await inBucket(hall)).toMatchObject({ occupancy: 20 });
    }, 50_000);
  });

  it('are folded by two projectors at once as by one', async () => {
    const second = await world.startSecond();
    for (let i = 0; i < 200; i += 1) await cross(i % 2 === 0 ? 'street' : 'inner', 'in', T + i * 30_000);
    await eventually(async () => {
      expect(await inside()).toEqual([0, 100, 100]);
    });
    second.close();
  });

  it('count at a door from when it was declared, also those stored before the projector knew it', async () => {
    const ahead = Date.now() + 5_000; // A worker's clock may run ahead.
    const { areas, id } = await createSite(world.database, { name: 'New', timeZone: 'UTC', areas: [{ name: 'Room' }] });
    await world.rows(`update doors set until = now() where site = ? and id = 'yard' returning 1`, site);
    await cross('yard', 'in', Date.now() - 1_000);
    await cross('yard', 'in', ahead);
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(2);
    });
    const door = { name: 'Yard', camera, line: 'yard', from: null, to: areas[0]?.id ?? '' };
    await addDoor(world.database, id, door);
    await eventually(async () => {
      expect(await inBucket(id)).toMatchObject({ occupancy: 1 });
    });
    // Turned round, the same crossing is an exit; what was counted before the change would stay.
    await changeDoor(world.database, id, 'yard', { ...door, from: door.to, to: null });
    await eventually(async () => {
      expect(await inBucket(id)).toMatchObject({ occupancy: 0 });
    });
  });
});

describe('a baseline', () => {
  it('by hand sets the number from its instant on and records how far off it was', async () => {
    for (const at of [1, 2, 3, 10]) await cross('street', 'in', T + at * 1_000);
    await eventually(async () => {
      expect(await inside()).toEqual([4, 0, 4]);
    });
    const atMs = Math.round(T + 5_000);
    await setBaseline(world.database, site, { areas: { [hall]: 5, [cafe]: 1 }, atMs, by: 'ann' });
    await eventually(async () => {
      expect(await inside()).toEqual([6, 1, 7]);
      expect(await inBucket(site)).toMatchObject({ occupancy: 7, sinceMs: atMs });
    });
    expect(await corrections(site)).toEqual([{ amount: 3, fact: '' }]);
    // A late fact from before it changes what was found, not what is inside.
    await cross('street', 'in', T + 4_000);
    await eventually(async () => {
      expect(await corrections(site)).toEqual([{ amount: 2, fact: '' }]);
    });
    expect(await inside()).toEqual([6, 1, 7]);
  });

  it('on schedule finds people inside at its time of day, also when it is made long after', async () => {
    const dueMs = Math.floor((T + 2 * HOUR_MS) / 60_000) * 60_000;
    const time = new Date(dueMs + 5.5 * HOUR_MS).toISOString().slice(11, 16); // On the clocks of Kolkata.
    for (const at of [-3, -2, -1, 1]) await cross('street', 'in', dueMs + at * 1_000);
    await cross('inner', 'in', dueMs + 2_000);
    await eventually(async () => {
      expect(await inside()).toEqual([3, 1, 4]);
    });
    await updateSite(world.database, site, { baselineAt: time });
    // As if set two days ago, when nothing ran since.
    await world.rows(`update sites set baselined_until = now() - interval '2 days' where id = ? returning 1`, site);
    await world.rows('notify footfall_sites');
    await eventually(async () => {
      // Nobody in the hall and the porter in the café, then one more into the hall and on.
      expect(await inside()).toEqual([0, 2, 2]);
      expect(await inBucket(site)).toMatchObject({ occupancy: 2, sinceMs: dueMs });
    });
    const day = localDay('Asia/Kolkata', dueMs);
    const { days, newest } = await areaCorrections(world.database, site, hall, {
      fromDay: day,
      untilDay: dayAfter(day),
    });
    expect(days).toEqual([
      { day, missed: 0, added: 0, removed: 3 },
      { day: dayAfter(day), missed: 0, added: 0, removed: 0 },
    ]);
    expect(newest).toEqual([{ atMs: dueMs, amount: -3, factId: null }]);
  });
});

describe('a site that is deleted', () => {
  it('goes from the bucket with its areas', async () => {
    await cross('street', 'in', T);
    await eventually(async () => {
      expect(await inBucket(hall)).toMatchObject({ occupancy: 1 });
    });
    await deleteSite(world.database, site);
    await eventually(async () => {
      expect([await inBucket(site), await inBucket(hall), await inBucket(cafe)]).toEqual([null, null, null]);
    });
  });
});
