import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box, Point } from '#protocol/geometry.ts';
import { certainPlace, isInside, lastMeeting, regionOf } from './region.ts';

const part = fc.double({ min: 0, max: 1, noNaN: true });
/** Concave as a rule, never crossing itself: corners at any distance around a middle. */
const star: fc.Arbitrary<Point[]> = fc
  .array(fc.double({ min: 0.05, max: 0.4, noNaN: true }), { minLength: 3, maxLength: 24 })
  .map((radii) =>
    radii.map((radius, index): Point => {
      const angle = (index / radii.length) * 2 * Math.PI;
      return [0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)];
    }),
  );
const points: fc.Arbitrary<Point[]> = fc.array(fc.tuple(part, part), { minLength: 20, maxLength: 20 });

/** How often the polygon goes round the point, by adding up the angles under which its sides are seen. */
function windingNumber(polygon: readonly Point[], [x, y]: Point): number {
  let angle = 0;
  polygon.forEach(([ax, ay], index) => {
    const [bx, by] = polygon[(index + 1) % polygon.length] as Point;
    const [px, py, qx, qy] = [ax - x, ay - y, bx - x, by - y];
    angle += Math.atan2(px * qy - py * qx, px * qx + py * qy);
  });
  return Math.round(angle / (2 * Math.PI));
}

const boxAt = ([x, y]: Point, width: number, height: number): Box => ({
  x1: x - width / 2,
  y1: y - height,
  x2: x + width / 2,
  y2: y,
});

/** A U whose arms are 0.2 wide. */
const u: Point[] = [
  [0.2, 0.2],
  [0.4, 0.2],
  [0.4, 0.6],
  [0.6, 0.6],
  [0.6, 0.2],
  [0.8, 0.2],
  [0.8, 0.8],
  [0.2, 0.8],
];

describe('a region', () => {
  it('holds exactly the points that its polygon goes round, also where it is concave', () => {
    fc.assert(
      fc.property(star, points, (polygon, places) => {
        const region = regionOf(polygon, 0);
        for (const at of places) expect(isInside(region, at)).toBe(windingNumber(polygon, at) !== 0);
      }),
    );
  });

  it('is left out between the arms of a U', () => {
    expect(isInside(regionOf(u, 0), [0.5, 0.4])).toBe(false);
    expect(isInside(regionOf(u, 0), [0.3, 0.4])).toBe(true);
    expect(isInside(regionOf(u, 0), [0.5, 0.7])).toBe(true);
  });

  it('meets every way from the inside to the outside, the last time where it goes out for good', () => {
    fc.assert(
      fc.property(star, points, (polygon, places) => {
        const region = regionOf(polygon, 0);
        places.slice(1).forEach((to, index) => {
          const from = places[index] ?? to;
          const last = lastMeeting(region, from, to);
          if (isInside(region, from) !== isInside(region, to)) expect(last).not.toBeNull();
          if (last === null) return;
          const beyond = (last + 1) / 2;
          const later: Point = [from[0] + beyond * (to[0] - from[0]), from[1] + beyond * (to[1] - from[1])];
          expect(isInside(region, later)).toBe(isInside(region, to));
        });
      }),
    );
    expect(lastMeeting(regionOf(u, 0), [0.3, 0.3], [0.9, 0.3])).toBeCloseTo(5 / 6);
  });

  it('is sure of a place only where the shrunken box is clear of the border', () => {
    const region = regionOf(u, 0.02);
    // 0.3 of the box's width, 0.1, to both sides: 0.03.
    const place = (x: number) => certainPlace(region, [x, 0.4], boxAt([x, 0.4], 0.1, 0.1), 0.3);
    expect([0.16, 0.18, 0.22, 0.24].map(place)).toEqual(['outside', null, null, 'inside']);
    expect([0.36, 0.38, 0.42, 0.44].map(place)).toEqual(['inside', null, null, 'outside']);
  });

  it('sees a spike of the border that no corner of the box is near', () => {
    const spiked: Point[] = [
      [0.1, 0.1],
      [0.9, 0.1],
      [0.9, 0.9],
      [0.5, 0.9],
      [0.5, 0.45],
      [0.499, 0.9],
      [0.1, 0.9],
    ];
    expect(certainPlace(regionOf(spiked, 0), [0.5, 0.4], boxAt([0.5, 0.4], 0.4, 0.4), 0.2)).toBeNull();
    expect(certainPlace(regionOf(spiked, 0), [0.5, 0.3], boxAt([0.5, 0.3], 0.4, 0.4), 0.2)).toBe('inside');
  });

  it('can be entered though it is narrower than the band', () => {
    const strip: Point[] = [
      [0.2, 0.5],
      [0.8, 0.5],
      [0.8, 0.54],
      [0.2, 0.54],
    ];
    const at: Point = [0.5, 0.52];
    expect(certainPlace(regionOf(strip, 0), at, boxAt(at, 0.2, 0.6), 0.15)).toBe('inside');
  });

  it('goes on beyond the edge of the picture where its side lies there, round a corner too, whichever way round it is given', () => {
    const corner: Point[] = [
      [0.6, 0.6],
      [1, 0.6],
      [1, 1],
      [0.6, 1],
    ];
    const regions = [corner, corner.toReversed()].map((polygon) => regionOf(polygon, 0.02));
    for (const at of [
      [0.8, 1.1],
      [1.1, 0.8],
      [1.1, 1.1],
      [0.8, 0.99],
    ] as Point[])
      expect(regions.map((region) => isInside(region, at))).toEqual([true, true]);
    for (const at of [
      [0.5, 1.1],
      [1.1, 0.5],
    ] as Point[])
      expect(regions.map((region) => isInside(region, at))).toEqual([false, false]);
  });

  it('does not take the inner side of a strip along the edge for the edge', () => {
    const strip: Point[] = [
      [0.2, 0.985],
      [0.8, 0.985],
      [0.8, 1],
      [0.2, 1],
    ];
    const region = regionOf(strip, 0.02);
    expect(isInside(region, [0.5, 1.01])).toBe(true);
    expect(isInside(region, [0.5, 0.98])).toBe(false);
  });
});
