import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flowOf, missedAt, passThrough, type AreaStep } from './area-flow.ts';

const steps = fc
  .array(fc.constantFrom<1 | -1>(1, -1), { maxLength: 60 })
  .map((changes) => changes.map((change, i): AreaStep => ({ atMs: i, factId: String(i), change })));
const start = fc.nat({ max: 8 });

/** Step by step, as one would do it by hand. */
function byHand(inside: number, all: readonly AreaStep[]) {
  let [min, max, missed] = [inside, inside, 0];
  for (const { change } of all) {
    inside += change;
    if (inside < 0) {
      inside = 0;
      missed += 1;
    }
    min = Math.min(min, inside);
    max = Math.max(max, inside);
  }
  return { end: inside, min, max, missed };
}

test('a flow tells for any start what walking through its steps by hand tells', () => {
  fc.assert(
    fc.property(start, steps, (inside, all) => {
      expect(passThrough(inside, flowOf(all))).toEqual(byHand(inside, all));
    }),
  );
});

test('everybody who was missed has a place, at an exit', () => {
  fc.assert(
    fc.property(start, steps, (inside, all) => {
      const places = missedAt(inside, all);
      expect(places).toHaveLength(passThrough(inside, flowOf(all)).missed);
      expect(places.every(({ change }) => change === -1)).toBe(true);
    }),
  );
});

test('the places of the missed are those where the number would have been below zero', () => {
  const walk = ([1, -1, -1, 1, -1, -1] as const).map((change, i) => ({ atMs: i, factId: String(i), change }));
  expect(missedAt(0, walk).map(({ atMs }) => atMs)).toEqual([2, 5]);
  expect(missedAt(1, walk).map(({ atMs }) => atMs)).toEqual([5]);
});
