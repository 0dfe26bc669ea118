import type { Box } from '#protocol/geometry.ts';
import type { Track } from '../tracking/track.ts';

/** The grown person at whose side somebody small has been. */
export interface Companion {
  readonly trackId: number;
  readonly sinceMs: number;
  readonly atMs: number;
}

/** Of the other's height: who is smaller is a child that is pushed, carried or led by the hand, up to about three years. */
const SMALL = 0.55;
/** How far the feet of both may be apart: up and down the picture in heights, sideways (between the boxes) in widths, of the greater. */
const LEVEL = 0.3;
const GAP = 0.8;
/** A companion hidden for no longer than this is still the same. */
const FORGOTTEN_AFTER_MS = 1_000;
const LEAST_MS = 300;

/** Who goes with `track` now. Of several, the one of before, else the first. */
export function companionOf(
  before: Companion | null,
  track: Track,
  others: readonly Track[],
  timeMs: number,
): Companion | null {
  const near = others.filter((other) => other.seenAtMs === timeMs && isSmallBeside(track.box, other.box));
  const same = near.find(({ id }) => id === before?.trackId);
  if (before !== null && same !== undefined) return { ...before, atMs: timeMs };
  if (before !== null && timeMs - before.atMs <= FORGOTTEN_AFTER_MS) return before;
  const [first] = near;
  return first === undefined ? null : { trackId: first.id, sinceMs: timeMs, atMs: timeMs };
}

/** True of a pushchair's passenger: beside the same grown person for at least half of the time they were followed. */
export function isPushedAlong(companion: Companion | null, bornAtMs: number): boolean {
  if (companion === null) return false;
  const togetherMs = companion.atMs - companion.sinceMs;
  return togetherMs >= LEAST_MS && togetherMs >= (companion.atMs - bornAtMs) / 2;
}

/** So small on the same spot of ground that perspective cannot be the reason. */
function isSmallBeside(small: Box, great: Box): boolean {
  const [width, height] = [great.x2 - great.x1, great.y2 - great.y1];
  const gap = Math.max(small.x1 - great.x2, great.x1 - small.x2);
  return small.y2 - small.y1 <= SMALL * height && Math.abs(small.y2 - great.y2) <= LEVEL * height && gap <= GAP * width;
}
