import { expect, test } from 'vitest';
import { percentile } from './percentile.ts';

test('of nothing there is no percentile, of one value it is that', () => {
  expect(percentile([], 0.95)).toBeNull();
  expect(percentile([7], 0.95)).toBe(7);
  expect(percentile([3, 1, 2], 0.5)).toBe(2);
});
