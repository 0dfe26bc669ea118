import type { Point } from '#protocol/geometry.ts';

/** Where somebody walked, oldest first, simplified as it grows so that it never holds more than `most` points. */
export type Trail = readonly Point[];

/**
 * Adds a point. A full trail first loses the point whose absence changes the drawn path least (Visvalingam and Whyatt 1993:
 * the smallest triangle with its neighbours); the first and the newest always stay.
 */
export function extendTrail(trail: Trail, point: Point, most: number): Trail {
  if (trail.length < most) return [...trail, point];
  const points = [...trail, point];
  let least = 1;
  let leastArea = Infinity;
  for (let index = 1; index < points.length - 1; index += 1) {
    const [a, b, c] = points.slice(index - 1, index + 2) as [Point, Point, Point];
    const area = Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
    if (area < leastArea) {
      leastArea = area;
      least = index;
    }
  }
  points.splice(least, 1);
  return points;
}
