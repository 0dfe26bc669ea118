import { expect, test } from 'vitest';
import { judge, pair, type Evidence, type Truth } from './oracle.ts';
import type { Outage } from './rig.ts';
import type { StoredCrossing, StoredLease } from './stored.ts';

const [A, B] = ['a'.repeat(24), 'b'.repeat(24)];
const crossing = (atMs: number, n = 1, leaseId = A): StoredCrossing => {
  return { factId: `cam.${leaseId}.${String(n)}`, camera: 'cam', direction: 'in', atMs, leaseId };
};
const lease = (leaseId: string, worker: string, countsFromMs: number): StoredLease => {
  return { leaseId, camera: 'cam', worker, countsFromMs, watermark: 0 };
};
const truth = (...instants: number[]): Truth[] => instants.map((atMs) => ({ atMs, direction: 'in' }));

function evidence(given: {
  crossings?: StoredCrossing[];
  leases?: StoredLease[];
  numbers?: Record<string, number[]>;
  truth?: Truth[];
  outages?: Outage[];
  decided?: Record<string, number>;
}): Evidence {
  const { crossings = [], leases = [lease(A, 'w-1', 0)], numbers = {}, outages = [], decided = {} } = given;
  const known = new Map(Object.entries(numbers).map(([id, all]) => [id, new Set(all)]));
  const rest = { usurped: [], fencedRefused: 0, held: 0, negativeOccupancy: 0 };
  return {
    stored: { crossings, leases, numbers: known, ...rest },
    truth: new Map([['cam', given.truth ?? []]]),
    outages,
    decided: new Map(Object.entries(decided)),
    fromMs: 10_000,
    untilMs: 200_000,
  };
}

test('a hole among the numbers of a lease is a lost fact, and so is the last one that only its outbox knew', () => {
  const verdict = judge(evidence({ numbers: { [A]: [1, 3] }, decided: { [A]: 4, [B]: 1 } }));
  expect(verdict.lost).toEqual([`${A}.2`, `${A}.4`, `${B}.1`]);
  expect(verdict).toMatchObject({ decided: 5, stored: 2 });
});

test('two accounts of one true crossing are a double, one of none is an invention', () => {
  const found = pair([crossing(1_000, 1), crossing(1_400, 2), crossing(9_000, 3)], truth(1_200));
  expect(found.again.map(({ atMs }) => atMs)).toEqual([1_400]);
  expect(found.without.map(({ atMs }) => atMs)).toEqual([9_000]);
  expect(pair([crossing(1_000, 1), crossing(1_400, 2)], truth(1_200, 1_500))).toEqual({
    again: [],
    without: [],
    missed: [],
  });
});

test('who passes while the owner runs is to be counted; around its death and the take-over nobody need be', () => {
  const leases = [lease(A, 'w-1', 0), lease(B, 'w-2', 60_000)];
  const outages = [{ of: 'w-1', isDeath: true, fromMs: 50_000, untilMs: 70_000 }];
  const all = truth(30_000, 45_000, 55_000, 65_000, 67_000);
  const verdict = judge(evidence({ leases, outages, truth: all }));
  expect(verdict.missedInView).toEqual([30_000, 67_000].map((atMs) => `cam at ${new Date(atMs).toISOString()}`));
  expect(verdict.inView).toBe(2);
});

test('a worker that died blinds until its own next lease, one that only hung until it goes on', () => {
  const leases = [lease(A, 'w-1', 0), lease(B, 'w-1', 100_000)];
  const outage = { of: 'w-1', fromMs: 50_000, untilMs: 52_000 };
  const all = truth(70_000);
  expect(judge(evidence({ leases, outages: [{ ...outage, isDeath: true }], truth: all })).inView).toBe(0);
  expect(judge(evidence({ leases, outages: [{ ...outage, isDeath: false }], truth: all })).inView).toBe(1);
});

test('the death of a worker that did not own the camera excuses nothing', () => {
  const outages = [{ of: 'w-2', isDeath: true, fromMs: 50_000, untilMs: 70_000 }];
  expect(judge(evidence({ outages, truth: truth(55_000) })).inView).toBe(1);
});
