import { anchorOf, sideOf, type Box, type Line, type Point } from '#protocol/geometry.ts';

/** The two ends of what must be crossed. */
export type Barrier = readonly [Point, Point];

/**
 * The line's own segment; an end that reaches to within `edgeFrac` of the picture's edge goes on beyond it, because boxes
 * may stick out of the picture and nobody in view can walk round that end.
 */
export function barrierOf({ p1, p2 }: Pick<Line, 'p1' | 'p2'>, edgeFrac: number): Barrier {
  return [prolonged(p2, p1, edgeFrac), prolonged(p1, p2, edgeFrac)];
}

/** Where a way leads across a line, endless in both directions. */
export interface Meeting {
  /** On the way from the one place to the other, 0..1. */
  readonly along: number;
  /** How far past the nearer end of the barrier, image fractions along the line; 0 or less between the ends. */
  readonly pastEnd: number;
}

/**
 * Where the way from `from` to `to` leads across the line on which the barrier lies, or null when it does not. A point
 * exactly on the line counts as its positive side, so a path that touches the line and turns back meets it twice or not at
 * all, never once.
 */
export function meetingOf([p1, p2]: Barrier, from: Point, to: Point): Meeting | null {
  const before = sideOf(p1, p2, from);
  const after = sideOf(p1, p2, to);
  if (before < 0 === after < 0) return null;
  const along = before / (before - after);
  const at: Point = [from[0] + along * (to[0] - from[0]), from[1] + along * (to[1] - from[1])];
  return { along, pastEnd: pastEndOf([p1, p2], at) };
}

/** How a box stands to a line. */
export interface Standing {
  /** Distance of the anchor from the line in units of the box; negative on the left. */
  readonly beyondBoxes: number;
  /** Between the barrier's ends, as one looks across it. */
  readonly isBeside: boolean;
}

/**
 * The box, shrunk to twice `beyondBoxes` of its width and height around the anchor, just touches the line. So a distance
 * needs no aspect ratio, whatever the line's angle: widths count where it is upright, heights where it lies flat.
 */
export function standingOf({ p1, p2, anchor }: Line, barrier: Barrier, box: Box): Standing {
  const at = anchorOf(box, anchor);
  const size = Math.abs(p2[1] - p1[1]) * (box.x2 - box.x1) + Math.abs(p2[0] - p1[0]) * (box.y2 - box.y1);
  return { beyondBoxes: sideOf(p1, p2, at) / size, isBeside: pastEndOf(barrier, at) <= 0 };
}

/** The size of a box along a line, image fractions. */
export function sizeAlong([p1, p2]: Barrier, box: Box): number {
  const [dx, dy] = [Math.abs(p2[0] - p1[0]), Math.abs(p2[1] - p1[1])];
  return (dx * (box.x2 - box.x1) + dy * (box.y2 - box.y1)) / Math.hypot(dx, dy);
}

function pastEndOf([p1, p2]: Barrier, [x, y]: Point): number {
  const dx = p2[0] - p1[0];
  const dy = p2[1] - p1[1];
  const length = Math.hypot(dx, dy);
  const reach = ((x - p1[0]) * dx + (y - p1[1]) * dy) / length;
  return Math.max(-reach, reach - length);
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
