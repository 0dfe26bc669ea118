import { expect, test } from 'vitest';
import { growthFrac } from './slope.ts';

test('a straight rise by a tenth is a growth of a tenth, whatever the noise around it', () => {
  const noise = [1, -1, -1, 1];
  const readings = Array.from({ length: 41 }, (_, i) => ({
    atMs: i * 30_000,
    value: 100 + i / 4 + (noise[i % 4] ?? 0),
  }));
  expect(growthFrac(readings)).toBeCloseTo(10 / 105, 2);
});

test('what stays level does not grow, and one reading tells nothing', () => {
  expect(growthFrac([5, 7, 5].map((value, i) => ({ atMs: i, value })))).toBe(0);
  expect(growthFrac([{ atMs: 1, value: 5 }])).toBeNull();
});
