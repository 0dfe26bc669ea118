import type { CountedFact } from '#protocol/facts.ts';
import type { Direction } from '#protocol/geometry.ts';
import type { Step } from './occupancy.ts';
import type { VoidedFact } from './owned-facts.ts';

/** A crossing that came into the counts, or went out of them. */
export interface StoredStep extends Step {
  readonly camera: string;
}

export function stepsOf(stored: readonly { readonly fact: CountedFact; readonly atMs: number }[]): StoredStep[] {
  return stored.flatMap(({ fact, atMs }) => {
    if (fact.type !== 'LineCrossed') return [];
    const { camera, id: factId, line, direction } = fact;
    return [{ camera, factId, line, direction, atMs }];
  });
}

export function stepsVoided(voided: readonly VoidedFact[]): StoredStep[] {
  return voided.flatMap(({ type, atMs, row }) => {
    if (type !== 'LineCrossed') return [];
    const { camera, fact_id: factId, line, direction } = row as unknown as CrossingRow;
    return [{ camera, factId, line, direction, atMs }];
  });
}

interface CrossingRow {
  readonly camera: string;
  readonly fact_id: string;
  readonly line: string;
  readonly direction: Direction;
}
