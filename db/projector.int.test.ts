import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { countsMessageSchema, type CountsMessage } from '#protocol/live.ts';
import type { PictureProblem } from '#protocol/picture-health.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Outbox } from '#actors/publishing/outbox.ts';
import { leaseStarted, lineCrossed, newLease, publish } from '#ops/testkit/facts.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { cameraEvents } from './queries/cameras.ts';
import { countsByMinute, countsOf, recentCrossings } from './queries/counts.ts';
import { pictureProblems } from './queries/picture-problems.ts';
import { makePartitions } from './schedules/partitions.ts';
import { silentLog } from '#ops/testkit/log.ts';

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

describe('facts become counts', () => {
  it('stores a fact once however often it comes, and says the same in table, bucket and query', async () => {
    const lease = newLease(camera);
    const live: CountsMessage[] = [];
    const subscription = world.bus.subscribeLive(subjects.liveCounts(camera), countsMessageSchema, (message) =>
      live.push(message),
    );
    await publish(world.bus, leaseStarted(lease, T));
    for (const n of [1, 2, 3]) await publish(world.bus, lineCrossed(lease, n, T + n, n === 2 ? 'out' : 'in'));
    // Beyond the dedupe window the stream itself holds a fact twice.
    for (const n of [1, 2, 3])
      await publish(world.bus, lineCrossed(lease, n, T + n, n === 2 ? 'out' : 'in'), `again.${camera}.${String(n)}`);
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(3);
      expect(await world.watermark(lease)).toMatchObject({ n: 3, started: true });
    });
    const expected = { camera, occupancy: 1, lines: [{ line: 'door', in: 2, out: 1 }], version: 3 };
    await eventually(async () => {
      expect(await world.countsInBucket(camera)).toMatchObject(expected);
      expect(live.at(-1)).toMatchObject(expected);
    });
    expect(await countsOf(world.database, camera)).toMatchObject(expected);
    expect((await recentCrossings(world.database, camera, 1))[0]).toMatchObject({
      id: `${camera}.${lease.leaseId}.3`,
      atMs: T + 3,
      direction: 'in',
    });
    const chart = await countsByMinute(world.database, camera, T + 60_000);
    expect(chart.at(-1)).toMatchObject({ lines: [{ line: 'door', in: 2, out: 1 }] });
    subscription.close();
  });

  it('never shows an occupancy below zero, and folds a late fact in at its own time', async () => {
    const lease = newLease(camera);
    await publish(world.bus, leaseStarted(lease, T));
    await publish(world.bus, lineCrossed(lease, 1, T + 1_000, 'out'));
    await eventually(async () => {
      expect(await countsOf(world.database, camera)).toMatchObject({ occupancy: 0, version: 1 });
    });
    await publish(world.bus, lineCrossed(lease, 2, T + 500, 'in'));
    await publish(world.bus, lineCrossed(lease, 3, T + 2_000, 'in'));
    await eventually(async () => {
      // in, out, in by time: one is inside. By arrival it would have been two.
      expect(await countsOf(world.database, camera)).toMatchObject({ occupancy: 1, version: 3 });
    });
    const [{ drift_corrections: drift } = { drift_corrections: -1 }] = await world.rows<{ drift_corrections: number }>(
      'select drift_corrections from camera_counts where camera = ?',
      camera,
    );
    expect(drift).toBe(0);
  });

  it('moves the watermark over a gap only when the gap is filled', async () => {
    const lease = newLease(camera);
    await publish(world.bus, leaseStarted(lease, T));
    for (const n of [1, 3, 4]) await publish(world.bus, lineCrossed(lease, n, T + n));
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(3);
      expect(await world.watermark(lease)).toMatchObject({ n: 1 });
    });
    await publish(world.bus, lineCrossed(lease, 2, T + 2));
    await eventually(async () => {
      expect(await world.watermark(lease)).toMatchObject({ n: 4 });
    });
    expect(await world.rows('select 1 from settled_ahead where lease_id = ?', lease.leaseId)).toEqual([]);
  });

  it('keeps states as history, also before the lease counts', async () => {
    const lease = newLease(camera);
    const outbox = await openOutbox();
    await outbox.append(lease, {
      type: 'CameraStateChanged',
      camera,
      happenedAtMs: T,
      state: 'connecting',
      reason: 'Connecting.',
      code: null,
      run: 0,
    });
    await eventually(async () => {
      expect(await cameraEvents(world.database, camera)).toEqual([
        { atMs: T, state: 'connecting', reason: 'Connecting.', code: null },
      ]);
      expect(await outbox.unsettled()).toBe(0);
    });
  });

  it('tells what was wrong with a picture as periods, one where two workers found the same', async () => {
    const told: [PictureProblem, boolean, number, string?][] = [
      ['dark', true, T],
      ['dark', true, T + 3_000, 'second'],
      ['moved', true, T + 4_000],
      ['dark', false, T + 9_000, 'second'],
      ['dark', true, T + 20_000],
    ];
    const leases = { first: newLease(camera), second: newLease(camera, 2) };
    const outbox = await openOutbox();
    for (const [problem, isPresent, sinceMs, who = 'first'] of told) {
      const lease = leases[who as keyof typeof leases];
      const when = { sinceMs, happenedAtMs: sinceMs + 10_000 };
      const from = { camera, run: 1, cameraRevision: 1 };
      await outbox.append(lease, { type: 'PictureHealthChanged', ...from, problem, isPresent, ...when });
    }
    await eventually(async () => {
      expect(await outbox.unsettled()).toBe(0);
    });
    expect(await pictureProblems(world.database, camera)).toEqual([
      { problem: 'dark', sinceMs: T + 20_000, untilMs: null },
      { problem: 'moved', sinceMs: T + 4_000, untilMs: null },
      { problem: 'dark', sinceMs: T, untilMs: T + 9_000 },
    ]);
    expect(await pictureProblems(world.database, camera, 1)).toHaveLength(1);
  });
});

describe('what makes no sense', () => {
  it('ends as a rejected row, settled, and stops nobody', async () => {
    const lease = newLease(camera);
    await publish(world.bus, leaseStarted(lease, T));
    const garbage = new Uint8Array([0, 1, 2, 255]);
    await world.bus.publishFact(subjects.fact('LineCrossed', camera), `${camera}.${lease.leaseId}.1`, garbage);
    // Valid by the schema, impossible for the table: a number beyond its type.
    await publish(world.bus, { ...lineCrossed(lease, 2, T + 2), track: 1e300 });
    await publish(world.bus, { ...lineCrossed(lease, 3, 1e300) });
    await publish(world.bus, { ...lineCrossed(lease, 4, T + 4), model: 'nul \0' });
    await publish(world.bus, lineCrossed(lease, 5, T + 5));
    await eventually(async () => {
      expect(await world.accepted(camera)).toEqual([lineCrossed(lease, 5, T).id]);
      expect(Object.values(await world.rejected(camera))).toEqual(['invalid', 'invalid', 'invalid', 'invalid']);
      expect(await world.watermark(lease)).toMatchObject({ n: 5 });
    });
  });
});

describe('partitions', () => {
  it('take strays in once their day has one, and implausible times stay countable', async () => {
    const lease = newLease(camera);
    await publish(world.bus, leaseStarted(lease, 0));
    const far = T + 40 * 86_400_000;
    await publish(world.bus, lineCrossed(lease, 1, far));
    await publish(world.bus, lineCrossed(lease, 2, 86_400_000));
    const strays = (): Promise<unknown[]> =>
      world.rows('select 1 from counting_results_strays where camera = ?', camera);
    await eventually(async () => {
      expect(await strays()).toHaveLength(2);
    });
    await makePartitions(world.database, silentLog, T);
    await makePartitions(world.database, silentLog, T);
    expect(await strays()).toHaveLength(1);
    expect(await world.accepted(camera)).toHaveLength(2);
    await publish(world.bus, lineCrossed(lease, 1, far), `again.${camera}`);
    await publish(world.bus, lineCrossed(lease, 3, far + 1));
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(3);
    });
  });
});
