import type { Direction } from '#protocol/geometry.ts';

export interface Step {
  readonly atMs: number;
  readonly factId: string;
  readonly line: string;
  readonly direction: Direction;
}

/** A stretch of steps, however long: where it ends and the lowest point on the way, both from its start. */
export interface Stretch {
  readonly sum: number;
  /** <= 0: the start itself counts. */
  readonly low: number;
}

export const NO_STEPS: Stretch = { sum: 0, low: 0 };

/** Stretches put together are a stretch again (a monoid), so that old ones can be kept as two numbers. */
export function join(a: Stretch, b: Stretch): Stretch {
  return { sum: a.sum + b.sum, low: Math.min(a.low, a.sum + b.low) };
}

export function stretchOf(steps: readonly Step[]): Stretch {
  let sum = 0;
  let low = 0;
  for (const { direction } of steps) {
    sum += direction === 'in' ? 1 : -1;
    low = Math.min(low, sum);
  }
  return { sum, low };
}

/**
 * People inside after a stretch that began with `start` inside. Each step that would go below zero is a person the count
 * missed coming in; they are added where they were missed, and told as corrections.
 */
export function occupancyAfter(start: number, { sum, low }: Stretch): { occupancy: number; corrections: number } {
  const corrections = Math.max(0, -(start + low));
  return { occupancy: start + sum + corrections, corrections };
}

/** Total order of steps: time, then fact id. */
export function compareSteps(a: Step, b: Step): number {
  return a.atMs - b.atMs || (a.factId < b.factId ? -1 : a.factId > b.factId ? 1 : 0);
}

export type LineTotals = ReadonlyMap<string, { readonly in: number; readonly out: number }>;

const MAX_TAIL = 1_000;

/** All steps since a baseline: the older ones as a stretch, the newest one by one, so that a late fact finds its place. */
export class CountsFold {
  readonly #start: number;
  readonly #lines: Map<string, { in: number; out: number }>;
  #base: Stretch;
  /** Steps before this one are in the base; null: there are none. */
  #baseEnd: Step | null;
  #tail: Step[] = [];

  constructor(start: number, base: Stretch, baseEnd: Step | null, lines: LineTotals) {
    this.#start = start;
    this.#base = base;
    this.#baseEnd = baseEnd;
    this.#lines = new Map([...lines].map(([line, counts]) => [line, { ...counts }]));
  }

  /** False when the step belongs into the folded part: the fold must be built anew from the database. */
  add(step: Step): boolean {
    if (this.#baseEnd !== null && compareSteps(step, this.#baseEnd) < 0) return false;
    const counts = this.#lines.get(step.line) ?? { in: 0, out: 0 };
    counts[step.direction] += 1;
    this.#lines.set(step.line, counts);
    let place = this.#tail.length;
    for (let before = this.#tail[place - 1]; before !== undefined && compareSteps(step, before) < 0;) {
      place -= 1;
      before = this.#tail[place - 1];
    }
    this.#tail.splice(place, 0, step);
    if (this.#tail.length > MAX_TAIL) {
      const older = this.#tail.splice(0, MAX_TAIL / 2);
      this.#base = join(this.#base, stretchOf(older));
      this.#baseEnd = older.at(-1) ?? this.#baseEnd;
    }
    return true;
  }

  totals(): { occupancy: number; corrections: number; lines: { line: string; in: number; out: number }[] } {
    const lines = [...this.#lines].map(([line, counts]) => ({ line, ...counts }));
    lines.sort((a, b) => (a.line < b.line ? -1 : 1));
    return { ...occupancyAfter(this.#start, join(this.#base, stretchOf(this.#tail))), lines };
  }
}
