import type { EntityManager } from '@mikro-orm/postgresql';
import { flowOf, missedAt, passThrough, type AreaStep, type Flow } from './area-flow.ts';

/** All offsets of time zones are multiples of this, so that local hours and days are made of whole periods. */
export const PERIOD_MS = 5 * 60_000;

/** A row of `area_periods`: what happened from `fromMs` to the next row's, at most to the end of its five minutes. */
export interface AreaPeriod extends Flow {
  readonly fromMs: number;
  /** The baseline it begins with. */
  readonly setTo: number | null;
  /** People inside at its start. */
  readonly start: number;
}

interface Correction {
  readonly atMs: number;
  /** Empty for what a baseline found. */
  readonly factId: string;
  readonly amount: number;
}

interface Range {
  readonly fromMs: number;
  readonly untilMs: number;
}

export function periodOf(atMs: number): number {
  return Math.floor(atMs / PERIOD_MS) * PERIOD_MS;
}

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::double precision`;
const at = (value: string): string => `to_timestamp(${value}::double precision / 1000)`;
const COLUMNS = `${ms('from_at')} as "fromMs", set_to as "setTo", start, entered, exited, low, high, peak`;

/**
 * Folds the named five minutes of an area anew from its crossings and baselines, and what follows from there on as far as it
 * changes: up to the period of the next baseline at most, and without reading the crossings of other periods. Idempotent. The area's row is
 * locked by the caller.
 */
export async function foldArea(em: EntityManager, area: string, touched: Iterable<number>): Promise<void> {
  const cells = new Set([...touched].sort((a, b) => a - b));
  const runs = runsOf([...cells]);
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined) return;
  let steps: AreaStep[] = [];
  for (const run of runs) steps = steps.concat(await stepsIn(em, area, run));
  const baselines = await em.execute<{ atMs: number; occupancy: number }[]>(
    `select ${ms('at')} as "atMs", occupancy from area_baselines
     where area = ? and at >= ${at('?')} and at < ${at('?')} order by at`,
    [area, first.fromMs, last.untilMs],
  );
  const [before] = await em.execute<AreaPeriod[]>(
    `select ${COLUMNS} from area_periods where area = ? and from_at < ${at('?')} order by from_at desc limit 1`,
    [area, first.fromMs],
  );
  const stored = await em.execute<AreaPeriod[]>(
    `select ${COLUMNS} from area_periods where area = ? and from_at >= ${at('?')} and from_at < coalesce((
       select date_bin('${String(PERIOD_MS)} ms', min(from_at), timestamptz 'epoch') + interval '${String(PERIOD_MS)} ms'
       from area_periods where area = ? and from_at >= ${at('?')} and set_to is not null
     ), 'infinity') order by from_at`,
    [area, first.fromMs, area, last.untilMs],
  );
  const fresh = cutPeriods([...cells], steps, baselines);
  const kept = stored.filter(({ fromMs }) => !cells.has(periodOf(fromMs)));
  const walk = [...kept, ...fresh.keys()].sort((a, b) => a.fromMs - b.fromMs);

  const changed: AreaPeriod[] = [];
  /** Where corrections are made anew. */
  const cleared = [...runs];
  const corrections: Correction[] = [];
  let inside = before === undefined ? 0 : passThrough(before.start, before).end;
  for (const [i, period] of walk.entries()) {
    const start = period.setTo ?? inside;
    const found = start - inside;
    const passed = passThrough(start, period);
    const own = fresh.get(period);
    if (own !== undefined || start !== period.start || period.setTo !== null) {
      changed.push({ ...period, start });
      if (found !== 0) corrections.push({ atMs: period.fromMs, factId: '', amount: found });
      const range = rangeOf(period, walk[i + 1]);
      const hadNone = period.setTo === null && passThrough(period.start, period).missed === 0;
      if (own === undefined && !(hadNone && passed.missed === 0)) cleared.push(range);
      const missed = passed.missed === 0 ? [] : missedAt(start, own ?? (await stepsIn(em, area, range)));
      for (const { atMs, factId } of missed) corrections.push({ atMs, factId, amount: 1 });
    }
    inside = passed.end;
  }
  await write(em, area, { runs, changed, cleared, corrections });
}

/** The crossings of an area's doors as its steps, in the order of time; a door counts from when it was declared. */
async function stepsIn(em: EntityManager, area: string, { fromMs, untilMs }: Range): Promise<AreaStep[]> {
  return em.execute<AreaStep[]>(
    `select ${ms('r.crossed_at')} as "atMs", r.fact_id as "factId",
       case r.direction when 'in' then e.sign else -e.sign end as change
     from door_effects e join counting_results r on r.camera = e.camera and r.line = e.line
       and r.crossed_at >= e.since and (e.until is null or r.crossed_at < e.until)
     where e.area = ? and r.crossed_at >= ${at('?')} and r.crossed_at < ${at('?')}
     order by r.crossed_at, r.fact_id collate "C"`,
    [area, fromMs, untilMs],
  );
}

/** The touched five minutes, cut at baselines, each with its steps; those in which nothing happened are left out. */
function cutPeriods(
  cells: readonly number[],
  steps: readonly AreaStep[],
  baselines: readonly { atMs: number; occupancy: number }[],
): Map<AreaPeriod, readonly AreaStep[]> {
  const stepsOf = Map.groupBy(steps, ({ atMs }) => periodOf(atMs));
  const baselinesOf = Map.groupBy(baselines, ({ atMs }) => periodOf(atMs));
  const periods = new Map<AreaPeriod, readonly AreaStep[]>();
  for (const cell of cells) {
    const own = baselinesOf.get(cell) ?? [];
    const starts = [
      { fromMs: cell, setTo: null },
      ...own.map(({ atMs: fromMs, occupancy: setTo }) => ({ fromMs, setTo })),
    ];
    for (const [i, { fromMs, setTo }] of starts.entries()) {
      const untilMs = starts[i + 1]?.fromMs ?? Infinity;
      const inside = (stepsOf.get(cell) ?? []).filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
      if (inside.length > 0 || setTo !== null) periods.set({ fromMs, setTo, start: -1, ...flowOf(inside) }, inside);
    }
  }
  return periods;
}

function rangeOf({ fromMs }: AreaPeriod, next: AreaPeriod | undefined): Range {
  return { fromMs, untilMs: Math.min(periodOf(fromMs) + PERIOD_MS, next?.fromMs ?? Infinity) };
}

/** Neighbouring periods as one range each. `cells` in the order of time. */
function runsOf(cells: readonly number[]): Range[] {
  const runs: Range[] = [];
  for (const cell of cells) {
    const last = runs.at(-1);
    if (last?.untilMs === cell) runs[runs.length - 1] = { fromMs: last.fromMs, untilMs: cell + PERIOD_MS };
    else runs.push({ fromMs: cell, untilMs: cell + PERIOD_MS });
  }
  return runs;
}

interface Written {
  /** Whose periods are all in `changed`. */
  readonly runs: readonly Range[];
  readonly changed: readonly AreaPeriod[];
  /** Whose corrections are all in `corrections`. */
  readonly cleared: readonly Range[];
  readonly corrections: readonly Correction[];
}

/** Deletes range by range: a join with many ranges would read the whole table. */
async function write(em: EntityManager, area: string, written: Written): Promise<void> {
  const { runs, changed, cleared, corrections } = written;
  for (const { fromMs, untilMs } of runs) {
    await em.execute(`delete from area_periods where area = ? and from_at >= ${at('?')} and from_at < ${at('?')}`, [
      area,
      fromMs,
      untilMs,
    ]);
  }
  for (const { fromMs, untilMs } of cleared) {
    await em.execute(`delete from drift_corrections where area = ? and at >= ${at('?')} and at < ${at('?')}`, [
      area,
      fromMs,
      untilMs,
    ]);
  }
  await em.execute(
    `insert into area_periods (area, from_at, set_to, start, entered, exited, low, high, peak)
     select ?, ${at('"fromMs"')}, "setTo", start, entered, exited, low, high, peak
     from jsonb_to_recordset(?::jsonb) as f("fromMs" double precision, "setTo" integer, start integer, entered integer,
       exited integer, low integer, high integer, peak integer)
     on conflict (area, from_at) do update set start = excluded.start`,
    [area, JSON.stringify(changed)],
  );
  if (corrections.length > 0) {
    await em.execute(
      `insert into drift_corrections (area, at, fact_id, amount)
       select ?, ${at('"atMs"')}, "factId", amount
       from jsonb_to_recordset(?::jsonb) as f("atMs" double precision, "factId" text, amount integer)`,
      [area, JSON.stringify(corrections)],
    );
  }
  await em.execute(
    `update areas a set version = version + 1, since = (
         select max(at) from area_baselines where area = a.id
       ), occupancy = coalesce((
         select start + entered - exited + greatest(0, -(start + low)) from area_periods where area = a.id
         order by from_at desc limit 1
       ), 0)
     where id = ?`,
    [area],
  );
}
