import type { Point } from '#protocol/geometry.ts';

/** Finer than a pixel of any picture, and no long tails of digits in what is stored. */
const GRAIN = 10_000;

/** The nearest point inside the picture. */
export function insidePicture(x: number, y: number): Point {
  return [clamped(x), clamped(y)];
}

/** All points moved alike, as far as every one of them stays inside the picture. */
export function movedTogether(points: readonly Point[], dx: number, dy: number): Point[] {
  const room = (axis: 0 | 1, by: number): number => {
    const values = points.map((point) => point[axis]);
    return Math.max(-Math.min(...values), Math.min(1 - Math.max(...values), by));
  };
  const [byX, byY] = [room(0, dx), room(1, dy)];
  return points.map(([x, y]) => insidePicture(x + byX, y + byY));
}

export function middleOf(a: Point, b: Point): Point {
  return insidePicture((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}

function clamped(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * GRAIN) / GRAIN;
}
