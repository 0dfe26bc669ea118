import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareSteps, CountsFold, join, NO_STEPS, occupancyAfter, stretchOf, type Step } from './occupancy.ts';

const step = fc.record({
  atMs: fc.integer({ min: 0, max: 50 }),
  factId: fc.uuid(),
  line: fc.constantFrom('a', 'b'),
  direction: fc.constantFrom<'in' | 'out'>('in', 'out'),
});
const steps = fc.uniqueArray(step, { selector: ({ factId }) => factId, maxLength: 60 });

/** Step by step, as one would do it by hand. */
function byHand(start: number, all: readonly Step[]): { occupancy: number; corrections: number } {
  let occupancy = start;
  let corrections = 0;
  for (const { direction } of all.toSorted(compareSteps)) {
    occupancy += direction === 'in' ? 1 : -1;
    if (occupancy < 0) {
      occupancy = 0;
      corrections += 1;
    }
  }
  return { occupancy, corrections };
}

test('occupancy is what walking through the steps by hand gives, and never below zero', () => {
  fc.assert(
    fc.property(fc.nat({ max: 5 }), steps, (start, all) => {
      const folded = occupancyAfter(start, stretchOf(all.toSorted(compareSteps)));
      expect(folded).toEqual(byHand(start, all));
      expect(folded.occupancy).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('stretches may be cut anywhere', () => {
  fc.assert(
    fc.property(steps, fc.nat({ max: 60 }), (all, cut) => {
      expect(join(stretchOf(all.slice(0, cut)), stretchOf(all.slice(cut)))).toEqual(stretchOf(all));
    }),
  );
});

test('the order in which facts arrive changes nothing', () => {
  fc.assert(
    fc.property(fc.nat({ max: 3 }), steps, (start, all) => {
      const fold = new CountsFold(start, NO_STEPS, null, new Map());
      for (const one of all) expect(fold.add(one)).toBe(true);
      const { occupancy, corrections } = fold.totals();
      expect({ occupancy, corrections }).toEqual(byHand(start, all));
    }),
  );
});

test('a fact older than what is folded away asks for a new fold, and a long day keeps its totals', () => {
  const fold = new CountsFold(0, NO_STEPS, null, new Map());
  for (let i = 0; i < 2_500; i += 1) {
    fold.add({ atMs: 1_000 + i, factId: String(i), line: 'a', direction: i % 2 === 0 ? 'in' : 'out' });
  }
  expect(fold.totals()).toMatchObject({ occupancy: 0, lines: [{ line: 'a', in: 1_250, out: 1_250 }] });
  expect(fold.add({ atMs: 5, factId: 'late', line: 'a', direction: 'in' })).toBe(false);
});
