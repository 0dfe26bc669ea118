import type { LineTally } from '#actors/counting/line-counter.ts';
import type { Dismissal, LineCrossing } from '#actors/counting/line-event.ts';
import type { DismissalReason } from '#protocol/facts.ts';
import type { Direction } from '#protocol/geometry.ts';

/** What a replay saw at its lines. */
export interface LineHappenings {
  readonly crossings: readonly LineCrossing[];
  readonly dismissals: readonly Dismissal[];
  /** By line id. */
  readonly tallies: Readonly<Record<string, LineTally>>;
}

export interface LineReport {
  readonly id: string;
  readonly in: number;
  readonly out: number;
  /** How often a track entered the line's band, for each crossing counted; null without a crossing. */
  readonly fragmentation: number | null;
  /** How many nearly crossed, by why that did not count. */
  readonly nearMisses: Readonly<Partial<Record<DismissalReason, number>>>;
  readonly events: readonly {
    readonly tMs: number;
    readonly dir: Direction;
    readonly trackId: number;
    readonly rule: string;
  }[];
}

export function lineReport(id: string, { crossings, dismissals, tallies }: LineHappenings): LineReport {
  const there = crossings.filter(({ line }) => line === id).sort((a, b) => a.crossedAtMs - b.crossedAtMs);
  const ins = there.filter(({ direction }) => direction === 'in').length;
  const { entered = 0, counted = 0 } = tallies[id] ?? {};
  const nearMisses: Partial<Record<DismissalReason, number>> = {};
  for (const { line, reason } of dismissals) {
    if (line === id) nearMisses[reason] = (nearMisses[reason] ?? 0) + 1;
  }
  return {
    id,
    in: ins,
    out: there.length - ins,
    fragmentation: counted === 0 ? null : Math.round((entered / counted) * 1000) / 1000,
    nearMisses,
    events: there.map(({ crossedAtMs, direction, trackId, why }) => {
      return { tMs: Math.round(crossedAtMs), dir: direction, trackId, rule: why.rule };
    }),
  };
}
