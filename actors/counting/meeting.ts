import { sideOf, type Point } from '#protocol/geometry.ts';

/**
 * Where on the way from `from` to `to` the segment p1-p2 is met, 0..1, or null when it is not. A point exactly on the line
 * counts as its positive side, so a path that touches the line and turns back meets it twice or not at all, never once.
 */
export function meetingOf(p1: Point, p2: Point, from: Point, to: Point): number | null {
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
