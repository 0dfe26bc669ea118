import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from './assignment.ts';

/** Sum of matched costs plus the limit for every row left alone. */
function total(costs: readonly (readonly number[])[], columnOf: ArrayLike<number>, limit: number): number {
  return costs.reduce((sum, row, index) => sum + (row[columnOf[index] ?? -1] ?? limit), 0);
}

function cheapest(
  costs: readonly (readonly number[])[],
  limit: number,
  taken: ReadonlySet<number> = new Set(),
): number {
  const [row, ...rest] = costs;
  if (row === undefined) return 0;
  const matched = row.map((cost, column) =>
    taken.has(column) ? Infinity : cost + cheapest(rest, limit, new Set([...taken, column])),
  );
  return Math.min(limit + cheapest(rest, limit, taken), ...matched);
}

const table = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })).chain(([rows, columns]) => {
  const cost = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0.5), fc.constant(Infinity));
  return fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows });
});

describe('assign', () => {
  it('is as cheap as the best of all matchings', () => {
    fc.assert(
      fc.property(table, fc.double({ min: 0.1, max: 1.2, noNaN: true }), (costs, limit) => {
        const columns = costs[0]?.length ?? 0;
        const columnOf = assign(Float64Array.from(costs.flat()), costs.length, columns, limit);
        expect(total(costs, columnOf, limit)).toBeCloseTo(cheapest(costs, limit), 9);
        const used = [...columnOf].filter((column) => column !== -1);
        expect(new Set(used).size).toBe(used.length);
      }),
      { numRuns: 500 },
    );
  });

  it('gives up a close pair when that saves more elsewhere', () => {
    expect([...assign(Float64Array.of(0.1, 0.2, 0.15, 0.9), 2, 2, 1)]).toEqual([1, 0]);
  });

  it('leaves a row alone rather than match beyond the limit', () => {
    expect([...assign(Float64Array.of(0.8, 0.3), 2, 1, 0.7)]).toEqual([-1, 0]);
    expect([...assign(Float64Array.of(0.8, Infinity), 1, 2, 0.7)]).toEqual([-1]);
  });

  it('has nothing to match without rows or without columns', () => {
    expect([...assign(new Float64Array(0), 0, 3, 1)]).toEqual([]);
    expect([...assign(new Float64Array(0), 2, 0, 1)]).toEqual([-1, -1]);
  });
});
