import { expect, test } from 'vitest';
import { blockLength, sumInterval95 } from './block-bootstrap.ts';

test('a block is ten values long, and the cube root of very many', () => {
  expect(blockLength(79)).toBe(10);
  expect(blockLength(86_400)).toBe(45);
});

test('a series without an error has none in any resample', () => {
  expect(sumInterval95(new Array<number>(60).fill(0), 1)?.interval95).toEqual([0, 0]);
});

test('an equal error in each value is known exactly', () => {
  expect(sumInterval95(new Array<number>(64).fill(1), 1)?.interval95).toEqual([64, 64]);
});

test('fewer than three blocks say nothing', () => {
  expect(sumInterval95(new Array<number>(29).fill(1), 1)).toBeNull();
});

test('equal seeds give equal intervals, others nearly the same', () => {
  const series = Array.from({ length: 600 }, (_, i) => (i % 17 === 0 ? 1 : i % 23 === 0 ? -1 : 0));
  expect(sumInterval95(series, 7)).toEqual(sumInterval95(series, 7));
  const [low, high] = sumInterval95(series, 7)?.interval95 ?? [0, 0];
  const [otherLow, otherHigh] = sumInterval95(series, 8)?.interval95 ?? [0, 0];
  expect(Math.abs(low - otherLow)).toBeLessThanOrEqual(2);
  expect(Math.abs(high - otherHigh)).toBeLessThanOrEqual(2);
});

test('the interval of independent values is the normal one', () => {
  // 1000 values of -1 or 1, in no order that repeats: the sum's standard deviation is sqrt(1000).
  const series = Array.from({ length: 1000 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 31 === 0 ? 1 : -1));
  const shuffled = series.map((_, i) => series[(i * 617) % 1000] ?? 0);
  const [low, high] = sumInterval95(shuffled, 3)?.interval95 ?? [0, 0];
  expect(high - low).toBeLessThan(2 * 1.96 * Math.sqrt(1000) * 1.25);
});

test('errors that come together make the interval wider than the same errors apart', () => {
  const together = Array.from({ length: 600 }, (_, i) => (i % 60 < 6 ? 1 : 0));
  const apart = Array.from({ length: 600 }, (_, i) => (i % 10 === 0 ? 1 : 0));
  const width = (series: number[]): number => {
    const [low, high] = sumInterval95(series, 5)?.interval95 ?? [0, 0];
    return high - low;
  };
  expect(width(together)).toBeGreaterThan(width(apart) + 20);
});
