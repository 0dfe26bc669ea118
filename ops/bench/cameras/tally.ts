import type { Direction } from '#protocol/geometry.ts';

export interface Instant {
  readonly atMs: number;
  readonly direction: Direction;
}

/** A crossing is told at the instant the box's foot met the line; truth takes the floor point below the body. */
const SAME_WITHIN_MS = 1_500;

/** How many of the true ones were counted: each counted one stands for the nearest true one in its direction, if any is near. */
export function matched(truth: readonly Instant[], counted: readonly Instant[]): number {
  const left = [...truth];
  let found = 0;
  for (const { atMs, direction } of counted.toSorted((a, b) => a.atMs - b.atMs)) {
    const near = left.filter((each) => each.direction === direction && Math.abs(each.atMs - atMs) <= SAME_WITHIN_MS);
    const [nearest] = near.sort((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs));
    if (nearest === undefined) continue;
    left.splice(left.indexOf(nearest), 1);
    found += 1;
  }
  return found;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
