import { expect, test } from 'vitest';
import { RETRY_CAP_MS, retryDelayMs } from './retry.ts';

test('waits double with each failure up to the cap', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((failures) => retryDelayMs(failures, 1, 10_000))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
  ]);
});

test('chance shortens a wait to half at most', () => {
  expect(retryDelayMs(3, 0, 10_000)).toBe(1_000);
});

test('however long a live camera has failed, the next attempt is no further away than motion may be', () => {
  expect(retryDelayMs(1_000, 1, RETRY_CAP_MS.video)).toBeLessThanOrEqual(1_500);
});
