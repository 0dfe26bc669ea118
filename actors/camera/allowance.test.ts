import { expect, test } from 'vitest';
import { Allowance } from './allowance.ts';

test('so many pass at once, then as many as time has earned, never more than at first', () => {
  const allowance = new Allowance(2, 3);
  const taken = (...times: number[]): boolean[] => times.map((atMs) => allowance.take(atMs));
  expect(taken(0, 0, 0, 0)).toEqual([true, true, true, false]);
  expect(taken(400, 500, 900)).toEqual([false, true, false]);
  expect(taken(60_000, 60_000, 60_000, 60_000)).toEqual([true, true, true, false]);
});

test('a time before the last one earns nothing', () => {
  const allowance = new Allowance(1, 1);
  expect([5_000, 1_000, 4_000, 5_900, 6_000].map((atMs) => allowance.take(atMs))).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
});
