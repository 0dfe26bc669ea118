import type { Point } from '#protocol/geometry.ts';
import {
  addCorner,
  cancelPlacing,
  finishPlacing,
  movePoint,
  moveShape,
  place,
  present,
  select,
  settle,
  type Drafts,
} from './drafts.ts';
import { isSameShape, pointsOf, type ShapeRef } from './drawing.ts';

/** What a finger or the mouse takes hold of. */
export type Grip =
  | { readonly kind: 'point'; readonly index: number }
  /** The middle of a side: pulled, it becomes a corner. */
  | { readonly kind: 'side'; readonly index: number }
  | { readonly kind: 'shape'; readonly shape: ShapeRef }
  /** The first corner of the zone that is being drawn. */
  | { readonly kind: 'first' }
  | { readonly kind: 'picture' };

/** From press to release. */
export interface Gesture {
  readonly grip: Grip;
  readonly from: Point;
  /** The selected shape's points when it began. */
  readonly points: readonly Point[];
  /** Names the undo step that all of this is. */
  readonly step: string;
  /** The press itself has set a point. */
  readonly hasPlaced: boolean;
}

/** `n` tells one gesture from the next. */
export function press(
  drafts: Drafts,
  grip: Grip,
  from: Point,
  n: number,
  taken: readonly string[],
): { drafts: Drafts; gesture: Gesture } {
  const step = `gesture ${String(n)}`;
  if (drafts.placing !== null) {
    // A line's first end is set at once, so that it can be drawn in one pull.
    const hasPlaced = grip.kind === 'picture' && drafts.placing.kind === 'line' && drafts.placing.points.length === 0;
    return {
      drafts: hasPlaced ? place(drafts, from, taken) : drafts,
      gesture: { grip, from, points: [], step, hasPlaced },
    };
  }
  const after = pressed(drafts, grip);
  const points = pointsOf(present(after), after.selected);
  return { drafts: after, gesture: { grip, from, points, step, hasPlaced: false } };
}

/** The pointer has moved, further than a tap does. */
export function pull(drafts: Drafts, gesture: Gesture, to: Point): { drafts: Drafts; gesture: Gesture } {
  const { grip, from, points, step } = gesture;
  if (drafts.placing !== null) return { drafts, gesture };
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  if (grip.kind === 'point') {
    const start = points[grip.index];
    // Keeps the distance between finger and point: nothing jumps when it is taken hold of beside its middle.
    if (start === undefined) return { drafts, gesture };
    return { drafts: movePoint(drafts, grip.index, [start[0] + dx, start[1] + dy], step), gesture };
  }
  if (grip.kind === 'side') {
    const grown = addCorner(drafts, grip.index, to, step);
    const corner = grip.index + 1;
    const corners = pointsOf(present(grown), grown.selected);
    if (corners.length === points.length) return { drafts, gesture };
    return {
      drafts: grown,
      gesture: { ...gesture, grip: { kind: 'point', index: corner }, from: to, points: corners },
    };
  }
  if (grip.kind === 'shape') return { drafts: moveShape(drafts, points, dx, dy, step), gesture };
  return { drafts, gesture };
}

/** `wasTap`: the pointer hardly moved. */
export function release(
  drafts: Drafts,
  gesture: Gesture,
  at: Point,
  wasTap: boolean,
  taken: readonly string[],
): Drafts {
  const { grip, hasPlaced } = gesture;
  if (drafts.placing !== null) {
    if (grip.kind === 'first') return finishPlacing(drafts, taken);
    return hasPlaced && wasTap ? drafts : place(drafts, at, taken);
  }
  if (grip.kind === 'side' && wasTap) return settle(addCorner(drafts, grip.index));
  return settle(drafts);
}

/** The system took the pointer away, for a scroll or a call: what was pulled so far stays, a begun line goes. */
export function abandon(drafts: Drafts, gesture: Gesture): Drafts {
  return gesture.hasPlaced ? cancelPlacing(drafts) : settle(drafts);
}

function pressed(drafts: Drafts, grip: Grip): Drafts {
  switch (grip.kind) {
    case 'point':
      return select(drafts, drafts.selected, grip.index);
    case 'shape':
      return isSameShape(drafts.selected, grip.shape) ? settle(drafts) : select(drafts, grip.shape);
    case 'picture':
      return select(drafts, null);
    default:
      return settle(drafts);
  }
}
