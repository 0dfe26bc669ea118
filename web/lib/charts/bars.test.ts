import fc from 'fast-check';
import { expect, test } from 'vitest';
import { barChart, niceTicks } from './bars.ts';

test('the scale ends at or above the greatest value, in three to six round marks', () => {
  expect(niceTicks(66)).toEqual([0, 20, 40, 60, 80]);
  expect(niceTicks(4)).toEqual([0, 1, 2, 3, 4]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (max) => {
      const ticks = niceTicks(max);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(max);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.every(Number.isInteger)).toBe(true);
    }),
  );
});

test('an hour without anybody has a scale and no bars', () => {
  const chart = barChart([{ fromMs: 0, in: 0, out: 0 }], { width: 100, height: 100 });
  expect(chart.grid.map(({ value }) => value)).toEqual([0, 1]);
  expect(chart.groups[0]?.in.height).toBe(0);
});

test('bars stand on the ground, reach their value and stay in their column', () => {
  const periods = [
    { fromMs: 0, in: 10, out: 5 },
    { fromMs: 1, in: 0, out: 20 },
  ];
  const { groups } = barChart(periods, { width: 200, height: 100 });
  expect(groups[0]?.in).toMatchObject({ y: 50, height: 50 });
  expect(groups[1]?.out).toMatchObject({ y: 0, height: 100 });
  for (const group of groups) {
    expect(group.in.x).toBeGreaterThanOrEqual(group.column.x);
    expect(group.out.x + group.out.width).toBeLessThanOrEqual(group.column.x + group.column.width);
    expect(group.in.x + group.in.width).toBeLessThanOrEqual(group.out.x);
  }
});
