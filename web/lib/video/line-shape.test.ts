import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sideOf, type Point } from '#protocol/geometry.ts';
import { lineShape } from './line-shape.ts';

const point = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));

test('the arrow of every line points to the side that counts as in', () => {
  fc.assert(
    fc.property(
      point,
      point,
      fc.integer({ min: 100, max: 2000 }),
      fc.integer({ min: 100, max: 2000 }),
      (p1, p2, w, h) => {
        fc.pre(Math.hypot(p2[0] - p1[0], p2[1] - p1[1]) > 0.02);
        const { arrowTo } = lineShape(p1, p2, w, h);
        const tip: Point = [arrowTo[0] / w, arrowTo[1] / h];
        expect(sideOf(p1, p2, tip)).toBeGreaterThan(0);
      },
    ),
  );
});

test('a line drawn from left to right counts those who walk down the picture as in', () => {
  const { arrowFrom, arrowTo } = lineShape([0.2, 0.5], [0.8, 0.5], 1000, 500);
  expect(arrowFrom).toEqual([500, 250]);
  expect(arrowTo[0]).toBeCloseTo(500);
  expect(arrowTo[1]).toBeGreaterThan(250);
});

test('the name stays inside the picture when the arrow points out of it', () => {
  const { label } = lineShape([0.2, 0.99], [0.8, 0.99], 1000, 500);
  expect(label[1]).toBeLessThanOrEqual(475);
});

test('the name of a line that people cross sideways runs on beyond the arrow', () => {
  expect(lineShape([0.5, 0.9], [0.5, 0.1], 1000, 500).labelAnchor).toBe('start');
  expect(lineShape([0.5, 0.1], [0.5, 0.9], 1000, 500).labelAnchor).toBe('end');
  expect(lineShape([0.2, 0.5], [0.8, 0.5], 1000, 500).labelAnchor).toBe('middle');
});
