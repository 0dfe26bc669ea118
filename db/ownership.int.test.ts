import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import fc from 'fast-check';
import { leaseStarted, lineCrossed, newLease, publish } from '#ops/testkit/facts.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
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

describe('leases own camera time', () => {
  it('rejects as fenced what the lease before counted after its successor began', async () => {
    const [older, newer] = [newLease(camera, 1), newLease(camera, 2)];
    await publish(world.bus, leaseStarted(older, T));
    await publish(world.bus, leaseStarted(newer, T + 1_000));
    await publish(world.bus, lineCrossed(older, 1, T + 999));
    await publish(world.bus, lineCrossed(older, 2, T + 1_000));
    await publish(world.bus, lineCrossed(newer, 1, T + 1_000.5));
    await eventually(async () => {
      expect(await world.accepted(camera)).toEqual([lineCrossed(older, 1, T).id, lineCrossed(newer, 1, T).id]);
      expect(await world.rejected(camera)).toEqual({ [lineCrossed(older, 2, T).id]: 'fenced' });
      expect(await world.watermark(older)).toMatchObject({ n: 2 }); // Settled: the worker may forget it.
    });
  });

  it('holds facts whose LeaseStarted has not come, without settling them', async () => {
    const lease = newLease(camera);
    await publish(world.bus, lineCrossed(lease, 1, T + 1));
    await eventually(async () => {
      expect(await world.rows('select 1 from held_facts where camera = ?', camera)).toHaveLength(1);
      expect(await world.watermark(lease)).toMatchObject({ n: 0, started: false });
    });
    expect(await world.accepted(camera)).toEqual([]);
    await publish(world.bus, leaseStarted(lease, T));
    await eventually(async () => {
      expect(await world.accepted(camera)).toHaveLength(1);
      expect(await world.watermark(lease)).toMatchObject({ n: 1, started: true });
      expect(await world.countsInBucket(camera)).toMatchObject({ occupancy: 1 });
    });
    expect(await world.rows('select 1 from held_facts where camera = ?', camera)).toEqual([]);
  });

  it('voids what a lease that becomes known late owns instead, and folds anew', async () => {
    const [older, newer] = [newLease(camera, 1), newLease(camera, 2)];
    await publish(world.bus, leaseStarted(older, T));
    for (const n of [1, 2, 3]) await publish(world.bus, lineCrossed(older, n, T + n * 1_000));
    await publish(world.bus, lineCrossed(newer, 1, T + 2_500));
    await eventually(async () => {
      expect(await countsOf(world.database, camera)).toMatchObject({ occupancy: 3 });
    });
    await publish(world.bus, leaseStarted(newer, T + 2_000));
    await eventually(async () => {
      expect(await world.accepted(camera)).toEqual([lineCrossed(older, 1, T).id, lineCrossed(newer, 1, T).id]);
      expect(Object.values(await world.rejected(camera))).toEqual(['voided', 'voided']);
      expect(await world.countsInBucket(camera)).toMatchObject({
        occupancy: 2,
        lines: [{ line: 'door', in: 2, out: 0 }],
      });
    });
    // Its second coming does not bring a voided fact back.
    await publish(world.bus, lineCrossed(older, 3, T + 3_000), `again.${camera}`);
    await publish(world.bus, lineCrossed(newer, 2, T + 4_000));
    await eventually(async () => {
      expect(await countsOf(world.database, camera)).toMatchObject({ occupancy: 3 });
    });
  });

  it('ends in the same state in whatever order leases and facts arrive', async () => {
    const plan = fc.record({
      leases: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 4 }),
      facts: fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 0, max: 10 }), fc.boolean()), { maxLength: 12 }),
      order: fc.array(fc.nat(), { minLength: 16, maxLength: 16 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ leases: starts, facts, order }) => {
        camera = `cam-${String((cameras += 1))}`;
        const leases = starts.map((from, i) => ({ ...newLease(camera, 1 + (i >> 1)), from: T + from * 100 }));
        const counters = leases.map(() => 0);
        const crossings = facts.flatMap(([which, at, isIn]) => {
          const index = which % leases.length;
          const lease = leases[index];
          if (lease === undefined) return [];
          const holder = newLease(camera, lease.epoch, lease.leaseId);
          return [
            lineCrossed(
              holder,
              (counters[index] = (counters[index] ?? 0) + 1),
              T + at * 100 + which,
              isIn ? 'in' : 'out',
            ),
          ];
        });
        const ownerAt = (at: number): string | undefined =>
          leases
            .filter(({ from }) => from <= at)
            .toSorted((a, b) => b.epoch - a.epoch || (a.leaseId < b.leaseId ? 1 : -1))[0]?.leaseId;
        const expected = crossings.filter((fact) => ownerAt(fact.crossedAtMs) === fact.leaseId).map(({ id }) => id);
        const messages = [...leases.map(({ from, ...lease }) => leaseStarted(lease, from)), ...crossings];
        const shuffled = messages
          .map((message, i) => ({ message, key: order[i % order.length] ?? 0 }))
          .toSorted((a, b) => a.key - b.key);
        for (const { message, key } of shuffled) {
          await publish(world.bus, message);
          // Now and then the projector gets to a message before the next one is there.
          if (key % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await eventually(async () => {
          for (const [i, lease] of leases.entries())
            expect(await world.watermark(lease)).toMatchObject({ n: counters[i], started: true });
        });
        expect((await world.accepted(camera)).toSorted()).toEqual(expected.toSorted());
        expect(Object.keys(await world.rejected(camera))).toHaveLength(crossings.length - expected.length);
        expect((await countsOf(world.database, camera)).lines.reduce((sum, line) => sum + line.in + line.out, 0)).toBe(
          expected.length,
        );
      }),
      { numRuns: 12 },
    );
  });
});
