import type { Direction } from '#protocol/geometry.ts';
import { ALONE, assignSparse, type Candidate } from './sparse-assignment.ts';

export interface TimedEvent {
  readonly direction: Direction;
  readonly atMs: number;
}

/** What really happened. A counted event is the same one when its direction is, and its time differs by no more than this. */
export interface TrueEvent extends TimedEvent {
  readonly toleranceMs: number;
}

/** Every event of both sides is in exactly one of the lists; each list is in the order of time. */
export interface EventMatching<T extends TrueEvent = TrueEvent, C extends TimedEvent = TimedEvent> {
  readonly matched: readonly { readonly truth: T; readonly counted: C }[];
  readonly missed: readonly T[];
  readonly extra: readonly C[];
}

/**
 * The best one-to-one matching of true and counted events of one line: as many pairs as there can be, and among those
 * matchings the one whose times differ least in sum (to the millisecond). Taking the nearest pair first would do neither: it
 * leaves people alone who have a partner. The order in which events are given changes nothing.
 */
export function matchEvents<T extends TrueEvent, C extends TimedEvent>(
  truths: readonly T[],
  counted: readonly C[],
): EventMatching<T, C> {
  const rows = truths.toSorted((a, b) => inOrder(a, b) || a.toleranceMs - b.toleranceMs);
  const columns = counted.toSorted(inOrder);
  const columnOf = assignSparse(rows.map((truth) => candidatesOf(truth, columns)));
  const taken = new Set(columnOf);
  return {
    matched: rows.flatMap((truth, row) => {
      const partner = columns[columnOf[row] ?? ALONE];
      return partner === undefined ? [] : [{ truth, counted: partner }];
    }),
    missed: rows.filter((_, row) => columnOf[row] === ALONE),
    extra: columns.filter((_, column) => !taken.has(column)),
  };
}

function inOrder(a: TimedEvent, b: TimedEvent): number {
  return a.atMs - b.atMs || a.direction.localeCompare(b.direction);
}

/** Whole milliseconds, so that sums of them are exact. */
function candidatesOf(truth: TrueEvent, columns: readonly TimedEvent[]): Candidate[] {
  return columns.flatMap(({ direction, atMs }, column) => {
    const apartMs = Math.abs(atMs - truth.atMs);
    return direction === truth.direction && apartMs <= truth.toleranceMs ? [{ column, cost: Math.round(apartMs) }] : [];
  });
}
