import type { Box, Point } from '#protocol/geometry.ts';

/** What a zone's polygon encloses, made ready for asking. Plain data. */
export interface Region {
  /** The polygon; a side along the picture's edge is moved far out, because nobody in view can step over it. */
  readonly border: readonly Point[];
  /** How far from the border one can be in view inside, image fractions. */
  readonly depth: number;
}

/** Squares by which the depth is measured, along each side of the polygon's extent. */
const GRID = 24;

/** `edgeFrac`: a side this near to the picture's edge, all along, lies on it. */
export function regionOf(polygon: readonly Point[], edgeFrac: number): Region {
  const border = grownOverEdges(polygon, edgeFrac);
  return { border, depth: depthOf(polygon, border) };
}

/** Even-odd rule (Shimrat 1962), so that concave and self-crossing polygons have an inside too. */
export function isInside(border: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  for (const [a, b] of sidesOf(border)) {
    if (a[1] > y !== b[1] > y && x < a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0])) inside = !inside;
  }
  return inside;
}

/**
 * `inside` or `outside` where the box, shrunk to twice `bandBoxes` of its width and height around `at`, does not touch the
 * border; null where it does. In a region too small for that the band is half as wide as the region's middle allows.
 */
export function certainPlace(
  { border, depth }: Region,
  at: Point,
  box: Box,
  bandBoxes: number,
): 'inside' | 'outside' | null {
  const [width, height] = [bandBoxes * (box.x2 - box.x1), bandBoxes * (box.y2 - box.y1)];
  const scale = Math.min(1, depth / 2 / Math.max(width, height));
  for (const side of sidesOf(border)) {
    if (meetsBox(side, at, scale * width, scale * height)) return null;
  }
  return isInside(border, at) ? 'inside' : 'outside';
}

/** Where on the way the border is met for the last time, 0..1; null when it is not. */
export function lastMeeting(border: readonly Point[], from: Point, to: Point): number | null {
  let last: number | null = null;
  for (const [a, b] of sidesOf(border)) {
    const along = meetingWith(a, b, from, to);
    if (along !== null && (last === null || along > last)) last = along;
  }
  return last;
}

function sidesOf(border: readonly Point[]): (readonly [Point, Point])[] {
  return border.map((corner, index) => [border.at(index - 1) ?? corner, corner]);
}

/** Touching counts as the positive side, as `isInside` has it. */
function meetingWith(a: Point, b: Point, from: Point, to: Point): number | null {
  const cross = (o: Point, p: Point, q: Point): number => (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]);
  const before = cross(a, b, from);
  const after = cross(a, b, to);
  if (before < 0 === after < 0 || cross(from, to, a) < 0 === cross(from, to, b) < 0) return null;
  return before / (before - after);
}

/** Liang and Barsky 1984: is any of the segment within the rectangle around `at`? */
function meetsBox([from, to]: readonly [Point, Point], at: Point, halfWidth: number, halfHeight: number): boolean {
  let [enters, leaves] = [0, 1];
  for (const [axis, half] of [halfWidth, halfHeight].entries()) {
    const start = (from[axis] ?? 0) - (at[axis] ?? 0);
    const way = (to[axis] ?? 0) - (from[axis] ?? 0);
    if (way === 0) {
      if (Math.abs(start) > half) return false;
      continue;
    }
    const [first, second] = [(-half - start) / way, (half - start) / way];
    enters = Math.max(enters, Math.min(first, second));
    leaves = Math.min(leaves, Math.max(first, second));
  }
  return enters <= leaves;
}

function grownOverEdges(polygon: readonly Point[], edgeFrac: number): Point[] {
  const turn = Math.sign(twiceArea(polygon));
  const outwards = (from: Point, to: Point): Point | null => {
    const normal: Point = [turn * (to[1] - from[1]), turn * (from[0] - to[0])];
    const edges: [Point, (point: Point) => number][] = [
      [[-1, 0], ([x]) => x],
      [[1, 0], ([x]) => 1 - x],
      [[0, -1], ([, y]) => y],
      [[0, 1], ([, y]) => 1 - y],
    ];
    const along = edges.find(
      ([out, distance]) =>
        distance(from) <= edgeFrac && distance(to) <= edgeFrac && out[0] * normal[0] + out[1] * normal[1] > 0,
    );
    return along?.[0] ?? null;
  };
  return polygon.flatMap((corner, index) => {
    const before = outwards(polygon.at(index - 1) ?? corner, corner);
    const after = outwards(corner, polygon[(index + 1) % polygon.length] ?? corner);
    if (before === null) return after === null ? [corner] : [corner, moved(corner, after)];
    if (after === null) return [moved(corner, before), corner];
    if (before[0] === after[0] && before[1] === after[1]) return [moved(corner, before)];
    return [moved(corner, before), moved(corner, after)];
  });
}

function moved([x, y]: Point, [dx, dy]: Point): Point {
  return [x + dx, y + dy];
}

/** Positive when the corners run clockwise on the screen. */
function twiceArea(polygon: readonly Point[]): number {
  return sidesOf(polygon).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0);
}

function depthOf(polygon: readonly Point[], border: readonly Point[]): number {
  const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  let depth = 0;
  for (let row = 0; row <= GRID; row += 1) {
    for (let column = 0; column <= GRID; column += 1) {
      const at: Point = [left + (column / GRID) * width, top + (row / GRID) * height];
      if (isInside(border, at)) depth = Math.max(depth, distanceToBorder(border, at));
    }
  }
  return depth;
}

function distanceToBorder(border: readonly Point[], [x, y]: Point): number {
  const distances = sidesOf(border).map(([a, b]) => {
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
    return Math.hypot(x - a[0] - along * dx, y - a[1] - along * dy);
  });
  return Math.min(...distances);
}
