import type { CountsMessage } from '#protocol/live.ts';

export interface Totals {
  readonly in: number;
  readonly out: number;
  readonly occupancy: number;
}

/** A camera's numbers over all its lines; zero before the first crossing. */
export function totalsOf(counts: CountsMessage | undefined): Totals {
  const sum = (direction: 'in' | 'out'): number =>
    counts?.lines.reduce((total, line) => total + line[direction], 0) ?? 0;
  return { in: sum('in'), out: sum('out'), occupancy: counts?.occupancy ?? 0 };
}
