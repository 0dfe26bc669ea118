import { expect, test } from 'vitest';
import { backoffMs, CAMERA_BACKOFF, DEFAULT_BACKOFF } from './backoff.ts';

test('doubles with each failure and stays within half to full of the interval', () => {
  expect(backoffMs(DEFAULT_BACKOFF, 1, 1)).toBe(500);
  expect(backoffMs(DEFAULT_BACKOFF, 1, 0)).toBe(250);
  expect(backoffMs(DEFAULT_BACKOFF, 4, 1)).toBe(4000);
});

test('never waits longer than the cap, however often it failed', () => {
  expect(backoffMs(DEFAULT_BACKOFF, 5000, 1)).toBe(DEFAULT_BACKOFF.capMs);
});

test('a camera is tried every second or two for its first minute away, then ever more seldom', () => {
  const delays = Array.from({ length: 60 }, (_, i) => backoffMs(CAMERA_BACKOFF, i + 1, 1));
  expect(delays.slice(0, 4)).toEqual([500, 1_000, 1_500, 1_500]);
  const eagerMs = delays.filter((ms) => ms <= 1_500).reduce((sum, ms) => sum + ms, 0);
  expect(eagerMs).toBeGreaterThan(55_000);
  expect(delays.slice(39, 46)).toEqual([1_500, 3_000, 6_000, 12_000, 24_000, 30_000, 30_000]);
});
