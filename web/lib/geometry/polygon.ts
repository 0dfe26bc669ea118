import { sideOf, type Point } from '#protocol/geometry.ts';
import { distance } from './points.ts';

/** Sides of a closed outline: side i leads from corner i to the next one, the last back to the first. */
export function sidesOf(polygon: readonly Point[]): [Point, Point][] {
  return polygon.map((corner, i): [Point, Point] => [corner, polygon[(i + 1) % polygon.length] ?? corner]);
}

/**
 * Two sides that meet where they should not, by their numbers; null for an outline that can be walked without a crossing.
 * Neighbours share a corner; one that folds back over the other touches the side beyond it too.
 */
export function crossingSides(polygon: readonly Point[]): readonly [number, number] | null {
  const sides = sidesOf(polygon);
  for (const [i, [a, b]] of sides.entries()) {
    for (const [j, [c, d]] of sides.entries()) {
      if (j <= i) continue;
      const isNeighbour = j === i + 1 || (i === 0 && j === sides.length - 1);
      if (!isNeighbour && meets(a, b, c, d)) return [i, j];
    }
  }
  return null;
}

/** Share of the picture, 0..1 (shoelace formula). Of an outline that does not cross itself. */
export function areaOf(polygon: readonly Point[]): number {
  return Math.abs(sidesOf(polygon).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0)) / 2;
}

/** The longest side's number: where one more corner helps most. */
export function longestSideOf(polygon: readonly Point[]): number {
  const lengths = sidesOf(polygon).map(([a, b]) => distance(a, b));
  return lengths.indexOf(Math.max(...lengths));
}

/** A point well inside, for the name: the middle of the widest stretch on some horizontal cuts. */
export function roomiestPointOf(polygon: readonly Point[]): Point {
  const ys = polygon.map(([, y]) => y);
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  let best: Point = polygon[0] ?? [0.5, 0.5];
  let widest = 0;
  for (const share of [0.5, 0.4, 0.6, 0.25, 0.75]) {
    const y = top + (bottom - top) * share;
    const cuts = cutsAt(polygon, y);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      const [from = 0, to = 0] = [cuts[i], cuts[i + 1]];
      // Clearly wider only: the middle height is the best place for a name.
      if (to - from <= widest * 1.2) continue;
      widest = to - from;
      best = [(from + to) / 2, y];
    }
  }
  return best;
}

/** Where the outline meets the horizontal at y, from left to right: inside lies between each pair. */
function cutsAt(polygon: readonly Point[], y: number): number[] {
  return sidesOf(polygon)
    .filter(([a, b]) => a[1] <= y !== b[1] <= y)
    .map(([a, b]) => a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]))
    .sort((left, right) => left - right);
}

/** Do two segments share a point, touching included? */
function meets(a: Point, b: Point, c: Point, d: Point): boolean {
  const [sideC, sideD] = [sideOf(a, b, c), sideOf(a, b, d)];
  const [sideA, sideB] = [sideOf(c, d, a), sideOf(c, d, b)];
  if (sideC * sideD < 0 && sideA * sideB < 0) return true;
  return (
    (sideC === 0 && isBetween(a, b, c)) ||
    (sideD === 0 && isBetween(a, b, d)) ||
    (sideA === 0 && isBetween(c, d, a)) ||
    (sideB === 0 && isBetween(c, d, b))
  );
}

/** Of a point on the straight line through both: does it lie on the segment? */
function isBetween(a: Point, b: Point, point: Point): boolean {
  return (
    point[0] >= Math.min(a[0], b[0]) &&
    point[0] <= Math.max(a[0], b[0]) &&
    point[1] >= Math.min(a[1], b[1]) &&
    point[1] <= Math.max(a[1], b[1])
  );
}
