import { expect, test } from 'vitest';
import { backoffMs, DEFAULT_BACKOFF } from './backoff.ts';

test('doubles with each failure and stays within half to full of the interval', () => {
  expect(backoffMs(DEFAULT_BACKOFF, 1, 1)).toBe(500);
  expect(backoffMs(DEFAULT_BACKOFF, 1, 0)).toBe(250);
  expect(backoffMs(DEFAULT_BACKOFF, 4, 1)).toBe(4000);
});

test('never waits longer than the cap, however often it failed', () => {
  expect(backoffMs(DEFAULT_BACKOFF, 5000, 1)).toBe(DEFAULT_BACKOFF.capMs);
});
