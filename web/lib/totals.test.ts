import { expect, test } from 'vitest';
import { totalsOf } from './totals.ts';

test('a camera’s numbers are the sums over its lines', () => {
  const lines = [
    { line: 'a', in: 3, out: 1 },
    { line: 'b', in: 4, out: 2 },
  ];
  expect(totalsOf({ camera: 'c', sinceMs: 0, occupancy: 4, lines, version: 1 })).toEqual({
    in: 7,
    out: 3,
    occupancy: 4,
  });
});

test('a camera nobody has passed yet stands at zero', () => {
  expect(totalsOf(undefined)).toEqual({ in: 0, out: 0, occupancy: 0 });
});
