import { sideOf, type Line, type Point } from '#protocol/geometry.ts';

/** The two ends of what must be crossed. */
export type Barrier = readonly [Point, Point];

/**
 * The line's own segment; an end that reaches to within `edgeFrac` of the picture's edge goes on beyond it, because boxes
 * may stick out of the picture and nobody in view can walk round that end.
 */
export function barrierOf({ p1, p2 }: Pick<Line, 'p1' | 'p2'>, edgeFrac: number): Barrier {
  return [prolonged(p2, p1, edgeFrac), prolonged(p1, p2, edgeFrac)];
}

/**
 * Where on the way from `from` to `to` the barrier is met, 0..1, or null when it is not. A point exactly on the line counts
 * as its positive side, so a path that touches the line and turns back meets it twice or not at all, never once.
 */
export function meetingOf([p1, p2]: Barrier, from: Point, to: Point): number | null {
  const before = sideOf(p1, p2, from);
  const after = sideOf(p1, p2, to);
  if (before < 0 === after < 0) return null;
  const along = before / (before - after);
  const x = from[0] + along * (to[0] - from[0]) - p1[0];
  const y = from[1] + along * (to[1] - from[1]) - p1[1];
  const dx = p2[0] - p1[0];
  const dy = p2[1] - p1[1];
  const reach = (x * dx + y * dy) / (dx * dx + dy * dy);
  return reach >= 0 && reach <= 1 ? along : null;
}

function prolonged(from: Point, end: Point, edgeFrac: number): Point {
  const length = Math.hypot(end[0] - from[0], end[1] - from[1]);
  const dx = (end[0] - from[0]) / length;
  const dy = (end[1] - from[1]) / length;
  // A line that runs along the edge comes near it without ending there; a slanted one may be up to twice as far away.
  const isOutside = (value: number) => value < 0 || value > 1;
  const leaves = isOutside(end[0] + 2 * edgeFrac * dx) || isOutside(end[1] + 2 * edgeFrac * dy);
  return leaves ? [end[0] + dx, end[1] + dy] : end;
}
