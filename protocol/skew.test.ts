import { expect, test } from 'vitest';
import { SKEW_BINS, SKEW_EDGES_MS, skewBin, skewPercentile } from './skew.ts';

function counted(...skews: number[]): number[] {
  const frames = new Array<number>(SKEW_BINS).fill(0);
  for (const skew of skews) frames[skewBin(skew)] = (frames[skewBin(skew)] ?? 0) + 1;
  return frames;
}

test('a skew is counted in the bin whose upper edge it does not pass', () => {
  expect(skewBin(0)).toBe(0);
  expect(SKEW_EDGES_MS[skewBin(40)]).toBe(40);
  expect(SKEW_EDGES_MS[skewBin(40.1)]).toBe(50);
  expect(skewBin(7_000)).toBe(SKEW_BINS - 1);
});

test('frames that all had their own boxes have no skew', () => {
  expect(skewPercentile(counted(0, 0, 0), 0.95)).toBe(0);
});

test('percentiles lie where the counts say, between the edges of their bin', () => {
  const frames = counted(...Array.from({ length: 90 }, () => 0), ...Array.from({ length: 10 }, () => 35));
  expect(skewPercentile(frames, 0.5)).toBe(0);
  expect(skewPercentile(frames, 0.95)).toBeCloseTo(35);
});

test('what lies beyond the last edge is told as that edge, and nothing as nothing', () => {
  expect(skewPercentile(counted(7_000), 0.5)).toBe(1_000);
  expect(skewPercentile(counted(), 0.5)).toBeNull();
});
