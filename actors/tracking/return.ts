import type { Box } from '#protocol/geometry.ts';
import { areOfOneSize } from './association.ts';

/** Somebody lost: where and when they were seen last. */
export interface Lost {
  readonly lastBox: Box;
  readonly seenAtMs: number;
}

/** How far from the place where one was lost they may be found, in boxes: at once, and more for each second since. */
const REACH = { widths: 0.7, heights: 0.3, widthsPerSecond: 2.5, heightsPerSecond: 0.6, withinMs: 700 } as const;

/**
 * Of those lost, the one nearest to whose last place a new track begins, if within reach: people do not vanish in the middle
 * of the picture, nor come from nowhere. So whoever starts, stops or turns while hidden, where prediction is wrong, is still
 * known.
 */
export function returned<P extends Lost>(firstBox: Box, bornAtMs: number, lost: readonly P[]): P | null {
  let nearest: P | null = null;
  let least = 1;
  for (const person of lost) {
    if (person.seenAtMs >= bornAtMs || !areOfOneSize(person.lastBox, firstBox)) continue;
    const apart = apartness(person.lastBox, firstBox, Math.min(bornAtMs - person.seenAtMs, REACH.withinMs) / 1000);
    if (apart >= least) continue;
    nearest = person;
    least = apart;
  }
  return nearest;
}

/** Distance in parts of what somebody may have walked in that time. */
function apartness(from: Box, to: Box, seconds: number): number {
  const x = Math.abs(to.x1 + to.x2 - from.x1 - from.x2) / 2 / (from.x2 - from.x1);
  const y = Math.abs(to.y1 + to.y2 - from.y1 - from.y2) / 2 / (from.y2 - from.y1);
  const { widths, heights, widthsPerSecond, heightsPerSecond } = REACH;
  return Math.hypot(x / (widths + widthsPerSecond * seconds), y / (heights + heightsPerSecond * seconds));
}
