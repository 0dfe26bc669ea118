import { type Direction, type Line, type Point, sideOf } from '#protocol/geometry.ts';
import type { View } from './view.ts';
import type { Walker } from './walkers.ts';

/** A true crossing of a scene's line. */
export interface Crossing {
  /** Loop time at which the floor point below the body meets the line, 0..duration, exact to 0.1 ms. */
  readonly tMs: number;
  readonly direction: Direction;
  readonly walkerId: string;
}

const STEP_MS = 40;

/** Every time the walker's foot point passes through the segment, in order of the walker's age. */
export function crossingsOf(walker: Walker, line: Line, view: View, loopMs: number): Crossing[] {
  const side = (ageMs: number): number => sideOf(line.p1, line.p2, footAt(walker, view, ageMs));
  const crossings: Crossing[] = [];
  let before = side(0);
  for (let ageMs = STEP_MS; ageMs <= walker.trajectory.durationMs; ageMs += STEP_MS) {
    const after = side(ageMs);
    if (before < 0 !== after < 0) {
      const atMs = bisect(side, ageMs - STEP_MS, ageMs);
      if (isAlong(line, footAt(walker, view, atMs))) {
        crossings.push({
          tMs: (walker.startMs + atMs) % loopMs,
          direction: before < 0 ? 'in' : 'out',
          walkerId: walker.id,
        });
      }
    }
    before = after;
  }
  return crossings;
}

/** The floor point below the body, image fractions, at an age of the walk. */
export function footAt(walker: Walker, view: View, ageMs: number): Point {
  const { x, z } = walker.trajectory.at(ageMs);
  return view.floorPoint(x, z);
}

function bisect(side: (ageMs: number) => number, fromMs: number, toMs: number): number {
  let [low, high] = [fromMs, toMs];
  const lowIsLeft = side(low) < 0;
  while (high - low > 0.05) {
    const middle = (low + high) / 2;
    if (side(middle) < 0 === lowIsLeft) low = middle;
    else high = middle;
  }
  return high;
}

function isAlong(line: Line, point: Point): boolean {
  const [dx, dy] = [line.p2[0] - line.p1[0], line.p2[1] - line.p1[1]];
  const u = ((point[0] - line.p1[0]) * dx + (point[1] - line.p1[1]) * dy) / (dx * dx + dy * dy);
  return u >= 0 && u <= 1;
}
