import { median } from './count-figures.ts';
import { ALONE, assignSparse } from './sparse-assignment.ts';
import { wilson95, type Interval } from './wilson.ts';

/** Somebody's stay in a zone. */
export interface Visit {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How many were inside at an instant, and how many of those near the border may be taken for either. */
export interface OccupancySample {
  readonly atMs: number;
  readonly people: number;
  readonly nearBorder: number;
}

export interface VisitFigures {
  readonly trueVisits: number;
  readonly countedVisits: number;
  readonly missed: readonly Visit[];
  readonly extra: readonly Visit[];
  /** Counted minus true stay of the matched; null without any. The greatest is that of the largest size, either way. */
  readonly dwellErrorMeanMs: number | null;
  readonly dwellErrorMedianMs: number | null;
  readonly dwellErrorGreatestMs: number | null;
}

export interface OccupancyFigures {
  readonly samples: number;
  /** Share of the samples with the right number inside, within what is near the border. */
  readonly rightShare: number | null;
  readonly rightShare95: Interval | null;
  /** Counted minus true, beyond what is near the border: its mean, and the mean of its size. */
  readonly errorMean: number | null;
  readonly errorSizeMean: number | null;
}

/**
 * Matches visits that overlap one to one: as many pairs as there can be, and among those matchings the one whose beginnings
 * and ends differ least in sum.
 */
export function visitFigures(truths: readonly Visit[], counted: readonly Visit[]): VisitFigures {
  const partnerOf = assignSparse(truths.map((truth) => candidatesOf(truth, counted)));
  const taken = new Set(partnerOf);
  const errors = truths.flatMap((truth, row) => {
    const partner = counted[partnerOf[row] ?? ALONE];
    return partner === undefined ? [] : [stayOf(partner) - stayOf(truth)];
  });
  return {
    trueVisits: truths.length,
    countedVisits: counted.length,
    missed: truths.filter((_, row) => partnerOf[row] === ALONE),
    extra: counted.filter((_, column) => !taken.has(column)),
    dwellErrorMeanMs: mean(errors),
    dwellErrorMedianMs: median(errors),
    dwellErrorGreatestMs: errors.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0] ?? null,
  };
}

/** Counted occupancy at an instant is the number of visits it lies in. */
export function occupancyFigures(samples: readonly OccupancySample[], counted: readonly Visit[]): OccupancyFigures {
  const errors = samples.map(({ atMs, people, nearBorder }) => {
    const error = counted.filter(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs).length - people;
    return Math.sign(error) * Math.max(0, Math.abs(error) - nearBorder);
  });
  const right = errors.filter((error) => error === 0).length;
  return {
    samples: samples.length,
    rightShare: samples.length === 0 ? null : right / samples.length,
    rightShare95: wilson95(right, samples.length),
    errorMean: mean(errors),
    errorSizeMean: mean(errors.map(Math.abs)),
  };
}

function candidatesOf(truth: Visit, counted: readonly Visit[]): { column: number; cost: number }[] {
  return counted.flatMap(({ fromMs, toMs }, column) => {
    if (fromMs >= truth.toMs || toMs <= truth.fromMs) return [];
    return [{ column, cost: Math.round(Math.abs(fromMs - truth.fromMs) + Math.abs(toMs - truth.toMs)) }];
  });
}

function stayOf({ fromMs, toMs }: Visit): number {
  return toMs - fromMs;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
