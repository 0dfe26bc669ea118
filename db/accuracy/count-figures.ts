import type { Direction } from '#protocol/geometry.ts';
import { sumInterval95 } from './block-bootstrap.ts';
import type { EventMatching, TimedEvent } from './event-matching.ts';
import { wilson95, type Interval } from './wilson.ts';

/** Chosen once and printed: the same events give the same intervals everywhere. */
export const BOOTSTRAP_SEED = 20_261_122;

/** A time over which events were both marked and counted, with the matching of each of its lines. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly matchings: readonly EventMatching[];
}

/** How well counted events tell what happened; a figure that cannot be had is null. */
export interface CountFigures {
  /** Share of the counted events that happened. */
  readonly eventPrecision: number | null;
  readonly eventPrecision95: Interval | null;
  /** Share of the events that happened which were counted. */
  readonly eventRecall: number | null;
  readonly eventRecall95: Interval | null;
  /** Of the difference counted minus true, both directions together; then by direction. Null where the stretch is too short. */
  readonly errorInterval95: Interval | null;
  readonly errorInterval95In: Interval | null;
  readonly errorInterval95Out: Interval | null;
  /** Between a true event and its counted partner. */
  readonly timeErrorMedianMs: number | null;
}

/** Over one line of one stretch, or many of many: lines of a stretch are summed second by second, stretches follow each other. */
export function countFigures(stretches: readonly Stretch[]): CountFigures {
  const matchings = stretches.flatMap((stretch) => stretch.matchings);
  const right = sum(matchings.map(({ matched }) => matched.length));
  const missed = sum(matchings.map((matching) => matching.missed.length));
  const extra = sum(matchings.map((matching) => matching.extra.length));
  const interval = (...directions: Direction[]): Interval | null => {
    const series = stretches.flatMap((stretch) => errorsBySecond(stretch, directions));
    return sumInterval95(series, BOOTSTRAP_SEED)?.interval95 ?? null;
  };
  return {
    eventPrecision: share(right, extra),
    eventPrecision95: wilson95(right, right + extra),
    eventRecall: share(right, missed),
    eventRecall95: wilson95(right, right + missed),
    errorInterval95: interval('in', 'out'),
    errorInterval95In: interval('in'),
    errorInterval95Out: interval('out'),
    timeErrorMedianMs: median(
      matchings.flatMap(({ matched }) => matched.map((pair) => Math.abs(pair.counted.atMs - pair.truth.atMs))),
    ),
  };
}

/**
 * Counted minus true in each second. A pair is no error, also when its two times fall into different seconds; the series
 * therefore sums to the error of the whole count.
 */
function errorsBySecond({ fromMs, untilMs, matchings }: Stretch, directions: readonly Direction[]): number[] {
  const errors = new Array<number>(Math.max(1, Math.ceil((untilMs - fromMs) / 1000))).fill(0);
  const add = (events: readonly TimedEvent[], value: number): void => {
    for (const { atMs, direction } of events) {
      if (!directions.includes(direction)) continue;
      const second = Math.min(Math.max(Math.floor((atMs - fromMs) / 1000), 0), errors.length - 1);
      errors[second] = (errors[second] ?? 0) + value;
    }
  };
  for (const { missed, extra } of matchings) {
    add(missed, -1);
    add(extra, 1);
  }
  return errors;
}

export function countOf(events: readonly { readonly direction: Direction }[]): Record<Direction, number> {
  const ins = events.filter(({ direction }) => direction === 'in').length;
  return { in: ins, out: events.length - ins };
}

function share(right: number, wrong: number): number | null {
  return right + wrong === 0 ? null : right / (right + wrong);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
