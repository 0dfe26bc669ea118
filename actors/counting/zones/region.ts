import { sideOf, type Box, type Point } from '#protocol/geometry.ts';

type Side = readonly [Point, Point];

/** What a zone's polygon encloses, made ready for asking. Plain data. */
export interface Region {
  /** The polygon's; one along the picture's edge is moved far out, because nobody in view can step over it. */
  readonly sides: readonly Side[];
  /** All of them lie in this. */
  readonly extent: Box;
  /** How far from the border one can be in view inside, image fractions. */
  readonly depth: number;
}

/** Squares by which the depth is measured, along each side of the polygon's extent. */
const GRID = 24;

/** `edgeFrac`: a side this near to the picture's edge, all along, lies on it. */
export function regionOf(polygon: readonly Point[], edgeFrac: number): Region {
  const border = grownOverEdges(polygon, edgeFrac);
  const region = { sides: sidesOf(border), extent: extentOf(border), depth: 0 };
  return { ...region, depth: depthOf(region, extentOf(polygon)) };
}

/** Even-odd rule (Shimrat 1962), so that concave and self-crossing polygons have an inside too. */
export function isInside({ sides }: Region, [x, y]: Point): boolean {
  let inside = false;
  for (const [a, b] of sides) {
    if (a[1] > y !== b[1] > y && x < a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0])) inside = !inside;
  }
  return inside;
}

/**
 * `inside` or `outside` where the box, shrunk to twice `bandBoxes` of its width and height around `at`, does not touch the
 * border; null where it does. In a region too small for that the band is half as wide as the region's middle allows.
 */
export function certainPlace(region: Region, at: Point, box: Box, bandBoxes: number): 'inside' | 'outside' | null {
  const { sides, extent, depth } = region;
  const [width, height] = [bandBoxes * (box.x2 - box.x1), bandBoxes * (box.y2 - box.y1)];
  const scale = Math.min(1, depth / 2 / Math.max(width, height));
  const [halfWidth, halfHeight] = [scale * width, scale * height];
  const isFar =
    at[0] + halfWidth < extent.x1 ||
    at[0] - halfWidth > extent.x2 ||
    at[1] + halfHeight < extent.y1 ||
    at[1] - halfHeight > extent.y2;
  if (isFar) return 'outside';
  for (const side of sides) {
    if (meetsBox(side, at, halfWidth, halfHeight)) return null;
  }
  return isInside(region, at) ? 'inside' : 'outside';
}

/** Where on the way the border is met for the last time, 0..1; null when it is not. */
export function lastMeeting({ sides, extent }: Region, from: Point, to: Point): number | null {
  const isBeside =
    Math.max(from[0], to[0]) < extent.x1 ||
    Math.min(from[0], to[0]) > extent.x2 ||
    Math.max(from[1], to[1]) < extent.y1 ||
    Math.min(from[1], to[1]) > extent.y2;
  if (isBeside) return null;
  let last: number | null = null;
  for (const [a, b] of sides) {
    const along = meetingWith(a, b, from, to);
    if (along !== null && (last === null || along > last)) last = along;
  }
  return last;
}

function sidesOf(corners: readonly Point[]): Side[] {
  return corners.map((corner, index) => [corners.at(index - 1) ?? corner, corner]);
}

function extentOf(corners: readonly Point[]): Box {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

/** Touching counts as the positive side, as `isInside` has it. */
function meetingWith(a: Point, b: Point, from: Point, to: Point): number | null {
  const before = sideOf(a, b, from);
  const after = sideOf(a, b, to);
  if (before < 0 === after < 0 || sideOf(from, to, a) < 0 === sideOf(from, to, b) < 0) return null;
  return before / (before - after);
}

/** Liang and Barsky 1984: is any of the segment within the rectangle around `at`? */
function meetsBox([from, to]: Side, at: Point, halfWidth: number, halfHeight: number): boolean {
  const [x, y] = [from[0] - at[0], from[1] - at[1]];
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  if ((dx === 0 && Math.abs(x) > halfWidth) || (dy === 0 && Math.abs(y) > halfHeight)) return false;
  let [enters, leaves] = [0, 1];
  if (dx !== 0) {
    const [first, second] = [(-halfWidth - x) / dx, (halfWidth - x) / dx];
    enters = Math.max(enters, Math.min(first, second));
    leaves = Math.min(leaves, Math.max(first, second));
  }
  if (dy !== 0) {
    const [first, second] = [(-halfHeight - y) / dy, (halfHeight - y) / dy];
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

/** `view`: where people can be seen; the region itself may go on beyond the picture. */
function depthOf(region: Region, view: Box): number {
  let depth = 0;
  for (let row = 0; row <= GRID; row += 1) {
    for (let column = 0; column <= GRID; column += 1) {
      const x = view.x1 + (column / GRID) * (view.x2 - view.x1);
      const y = view.y1 + (row / GRID) * (view.y2 - view.y1);
      if (isInside(region, [x, y])) depth = Math.max(depth, distanceToBorder(region, [x, y]));
    }
  }
  return depth;
}

function distanceToBorder({ sides }: Region, [x, y]: Point): number {
  const distances = sides.map(([a, b]) => {
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
    return Math.hypot(x - a[0] - along * dx, y - a[1] - along * dy);
  });
  return Math.min(...distances);
}
