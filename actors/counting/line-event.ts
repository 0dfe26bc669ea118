import type { CrossingReason, DismissalReason } from '#protocol/facts.ts';
import type { Direction, Point } from '#protocol/geometry.ts';

/** Who did what at a line, and the way there. */
export interface LineEvent {
  readonly line: string;
  readonly trackId: number;
  /** Places of the line's anchor so far, oldest first, at most 32. */
  readonly path: readonly Point[];
  readonly boxHeightFrac: number;
  readonly score: number;
  readonly detections: number;
}

export interface LineCrossing extends LineEvent {
  readonly direction: Direction;
  /** When the anchor last met the line, between two frames. */
  readonly crossedAtMs: number;
  readonly why: CrossingReason;
}

/** Somebody nearly crossed, and why that did not count. */
export interface Dismissal extends LineEvent {
  readonly reason: DismissalReason;
  readonly atMs: number;
  readonly ageMs: number;
}
