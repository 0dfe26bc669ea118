import { expect, test } from 'vitest';
import { wilson95 } from './wilson.ts';

test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('%i of %i lies where Newcombe (1998, table I, method 3) has it', (successes, trials, low, high) => {
  const interval = wilson95(successes, trials);
  expect(interval?.[0]).toBeCloseTo(low, 4);
  expect(interval?.[1]).toBeCloseTo(high, 4);
});

test('all of n is the mirror of none of n, and stays within 0..1', () => {
  const [low, high] = wilson95(20, 20) ?? [];
  expect(low).toBeCloseTo(1 - 0.1611, 4);
  expect(high).toBe(1);
});

test('none and all end at exactly 0 and 1', () => {
  for (let trials = 1; trials <= 100; trials += 1) {
    expect(wilson95(0, trials)?.[0]).toBe(0);
    expect(wilson95(trials, trials)?.[1]).toBe(1);
  }
});

test('no trials tell nothing', () => {
  expect(wilson95(0, 0)).toBeNull();
});
