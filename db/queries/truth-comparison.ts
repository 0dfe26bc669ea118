import { AppError } from '#protocol/errors.ts';
import type { Direction } from '#protocol/geometry.ts';
import type { Truth, TruthEvent } from '#protocol/truth.ts';
import { BOOTSTRAP_SEED, countFigures, countOf, type CountFigures } from '../accuracy/count-figures.ts';
import { matchEvents, type EventMatching } from '../accuracy/event-matching.ts';
import type { Database } from '../database.ts';
import { CountingResultEntity, type CountingResultRow } from '../entities/fact.entity.ts';
import { loadTruth } from '../truth-view.ts';

const MAX_COUNTED = 20_000;

/** An accepted crossing. */
export interface CountedCrossing {
  readonly fact: string;
  readonly direction: Direction;
  readonly atMs: number;
  readonly track: number;
}

export interface LineComparison extends CountFigures {
  readonly line: string;
  readonly true: Readonly<Record<Direction, number>>;
  readonly counted: Readonly<Record<Direction, number>>;
  readonly isExact: boolean;
  readonly matched: readonly { readonly event: number; readonly fact: string }[];
  readonly missed: readonly TruthEvent[];
  readonly extra: readonly CountedCrossing[];
}

/** What a camera counted in a truth's time, held against it. */
export interface TruthComparison {
  readonly truth: string;
  readonly revision: number;
  readonly lines: readonly LineComparison[];
  readonly total: CountFigures;
  readonly isExact: boolean;
  readonly bootstrapSeed: number;
  /** Which models counted, and under which revisions of the camera's settings: several of them are not one measurement. */
  readonly models: readonly string[];
  readonly cameraRevisions: readonly number[];
}

/**
 * The same matching and figures as the accuracy command's. A crossing counted just outside the truth's time still matches an
 * event near its ends, and is no error otherwise. Rejects with truth.not-found, input.invalid (no such revision),
 * input.too-large.
 */
export async function compareTruth(
  database: Database,
  id: string,
  revision: number | null = null,
): Promise<TruthComparison> {
  const { truth, rows } = await database.read(async (em) => {
    const truth = await loadTruth(em, id, revision);
    const marginMs = Math.max(0, ...truth.events.map(({ toleranceMs }) => toleranceMs));
    const rows = await em.find(
      CountingResultEntity,
      {
        camera: truth.camera,
        line: { $in: [...truth.lines] },
        crossedAt: { $gte: new Date(truth.fromMs - marginMs), $lt: new Date(truth.untilMs + marginMs) },
      },
      { orderBy: { crossedAt: 'asc', factId: 'asc' }, limit: MAX_COUNTED + 1 },
    );
    return { truth, rows };
  });
  if (rows.length > MAX_COUNTED) {
    const most = String(MAX_COUNTED);
    throw new AppError('input.too-large', `more than ${most} crossings were counted then: compare a shorter time`);
  }
  return comparisonOf(truth, rows);
}

function comparisonOf(truth: Truth, rows: readonly CountingResultRow[]): TruthComparison {
  const { fromMs, untilMs } = truth;
  const matchings = truth.lines.map((line) => ({
    line,
    matching: matchInside(
      truth,
      truth.events.filter((event) => event.line === line),
      rows.filter((row) => row.line === line).map(crossingOf),
    ),
  }));
  const lines = matchings.map(({ line, matching }): LineComparison => {
    const { matched, missed, extra } = matching;
    const known = countOf([...matched.map((pair) => pair.truth), ...missed]);
    const counted = countOf([...matched.map((pair) => pair.counted), ...extra]);
    return {
      ...{ line, true: known, counted, isExact: known.in === counted.in && known.out === counted.out },
      ...countFigures([{ fromMs, untilMs, matchings: [matching] }]),
      matched: matched.map((pair) => ({ event: pair.truth.event, fact: pair.counted.fact })),
      ...{ missed, extra },
    };
  });
  return {
    ...{ truth: truth.id, revision: truth.revision, lines },
    total: countFigures([{ fromMs, untilMs, matchings: matchings.map(({ matching }) => matching) }]),
    isExact: lines.every(({ isExact }) => isExact),
    bootstrapSeed: BOOTSTRAP_SEED,
    models: [...new Set(rows.map(({ model }) => model))],
    cameraRevisions: [...new Set(rows.map(({ cameraRevision }) => cameraRevision))].sort((a, b) => a - b),
  };
}

function matchInside(
  { fromMs, untilMs }: Truth,
  events: readonly TruthEvent[],
  counted: readonly CountedCrossing[],
): EventMatching<TruthEvent, CountedCrossing> {
  const matching = matchEvents(events, counted);
  return { ...matching, extra: matching.extra.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs) };
}

function crossingOf({ factId, direction, crossedAt, track }: CountingResultRow): CountedCrossing {
  return { fact: factId, direction, atMs: crossedAt.getTime(), track };
}
