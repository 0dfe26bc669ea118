import { expect, test } from 'vitest';
import { schedule, type Due } from './schedule.ts';

function drawn(seed: number, count: number): { fault: string; pauseMs: number; first: number }[] {
  const faults = schedule(seed, ['a', 'b', 'c', 'd']);
  return Array.from({ length: count }, () => {
    const { fault, pauseMs, random } = faults.next().value as Due<string>;
    return { fault, pauseMs, first: random() };
  });
}

test('the same seed brings the same faults with the same dice, another seed others', () => {
  expect(drawn(7, 12)).toEqual(drawn(7, 12));
  expect(drawn(7, 12)).not.toEqual(drawn(8, 12));
});

test('every fault comes once in each round', () => {
  const faults = drawn(3, 12).map(({ fault }) => fault);
  for (const from of [0, 4, 8]) expect(faults.slice(from, from + 4).toSorted()).toEqual(['a', 'b', 'c', 'd']);
});
