import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Point } from '#protocol/geometry.ts';
import { areaOf, crossingSides, longestSideOf, roomiestPointOf } from './polygon.ts';

const SQUARE: Point[] = [
  [0.2, 0.2],
  [0.8, 0.2],
  [0.8, 0.8],
  [0.2, 0.8],
];
/** A U that opens upwards: its middle is outside. */
const CUP: Point[] = [
  [0.1, 0.1],
  [0.3, 0.1],
  [0.3, 0.7],
  [0.7, 0.7],
  [0.7, 0.1],
  [0.9, 0.1],
  [0.9, 0.9],
  [0.1, 0.9],
];

/** Corners around a middle in order of their angle: such an outline never crosses itself. */
const star = fc.array(fc.double({ min: 0.05, max: 0.45, noNaN: true }), { minLength: 3, maxLength: 20 }).map((radii) =>
  radii.map((radius, i): Point => {
    const angle = (2 * Math.PI * i) / radii.length;
    return [0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)];
  }),
);

describe('crossingSides()', () => {
  test('is null for a convex and for a concave outline', () => {
    expect(crossingSides(SQUARE)).toBeNull();
    expect(crossingSides(CUP)).toBeNull();
  });

  test('is null for every outline that goes once around a middle, whichever way and wherever it begins', () => {
    fc.assert(
      fc.property(star, fc.nat(19), (polygon, turn) => {
        const from = turn % polygon.length;
        const turned = [...polygon.slice(from), ...polygon.slice(0, from)];
        expect(crossingSides(turned)).toBeNull();
        expect(crossingSides(turned.toReversed())).toBeNull();
      }),
    );
  });

  test('names the two sides of a bow tie', () => {
    const [a, b, c, d] = SQUARE as [Point, Point, Point, Point];
    expect(crossingSides([a, c, b, d])).toEqual([0, 2]);
  });

  test('finds a corner that lies on another side, on another corner, and a spike without width', () => {
    expect(crossingSides([...SQUARE.slice(0, 3), [0.5, 0.2]])).not.toBeNull();
    expect(crossingSides([...SQUARE, [0.8, 0.8]])).not.toBeNull();
    const spike: Point[] = [
      [0.2, 0.2],
      [0.8, 0.2],
      [0.5, 0.2],
      [0.5, 0.6],
    ];
    expect(crossingSides(spike)).not.toBeNull();
  });

  test('finds the spike wherever the outline begins', () => {
    const spike: Point[] = [
      [0.8, 0.2],
      [0.5, 0.2],
      [0.5, 0.6],
      [0.2, 0.2],
    ];
    for (let from = 0; from < spike.length; from++) {
      expect(crossingSides([...spike.slice(from), ...spike.slice(0, from)])).not.toBeNull();
    }
  });
});

test('the area is the share of the picture, whichever way the outline goes', () => {
  expect(areaOf(SQUARE)).toBeCloseTo(0.36);
  expect(areaOf(CUP.toReversed())).toBeCloseTo(0.2 * 0.8 * 2 + 0.4 * 0.2);
});

test('the longest side may be the one that closes the outline', () => {
  expect(longestSideOf([...SQUARE.slice(0, 3), [0.2, 0.9]])).toBe(3);
  expect(
    longestSideOf([
      [0.5, 0.5],
      [0.9, 0.5],
      [0.6, 0.6],
    ]),
  ).toBe(0);
  expect(
    longestSideOf([
      [0.1, 0.5],
      [0.2, 0.5],
      [0.9, 0.6],
    ]),
  ).toBe(2);
});

test('the name’s place lies inside, in a cup as in a square', () => {
  expect(roomiestPointOf(SQUARE)).toEqual([0.5, 0.5]);
  const [x, y] = roomiestPointOf(CUP);
  expect(x).toBeGreaterThan(0.1);
  expect(y > 0.7 || x < 0.3 || x > 0.7).toBe(true);
});
