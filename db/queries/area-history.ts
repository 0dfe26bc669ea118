import type { EntityManager } from '@mikro-orm/postgresql';
import { AppError } from '#protocol/errors.ts';
import { dayAfter, instantOf, periodsOf, type Period } from '#protocol/site-time.ts';
import type { Database } from '../database.ts';

const MAX_PERIODS = 2_000;
const MAX_DAYS = 400;
const MAX_CORRECTIONS = 200;

export interface AreaInPeriod extends Period {
  /** People inside as it began and as it ended, and the least and the most in between. */
  readonly start: number;
  readonly end: number;
  readonly min: number;
  readonly max: number;
  readonly entered: number;
  readonly exited: number;
}

export interface HistoryRange extends Period {
  /** Length of a period, a multiple of 5 counted from local midnight; null: local days. */
  readonly minutes: number | null;
}

/** An area (or the whole site, by its id) through consecutive periods of the site's clocks. Throws site.not-found, input.invalid. */
export async function areaHistory(
  database: Database,
  site: string,
  area: string,
  range: HistoryRange,
): Promise<AreaInPeriod[]> {
  const { minutes, fromMs, untilMs } = range;
  const shortest = (minutes ?? 23 * 60) * 60_000;
  if (!(untilMs > fromMs) || (untilMs - fromMs) / shortest > MAX_PERIODS) {
    throw new AppError('input.invalid', `a history is 1 to ${String(MAX_PERIODS)} periods long`);
  }
  return database.read(async (em) => {
    const periods = periodsOf(await timeZoneOf(em, site, area), range, minutes);
    const first = periods[0]?.fromMs ?? fromMs;
    const rows = await em.execute<
      { place: number; end: number; min: number; max: number; entered: string; exited: string }[]
    >(
      `select width_bucket((extract(epoch from from_at) * 1000)::double precision,
           array(select value::double precision from jsonb_array_elements_text(?::jsonb))) as place,
         (array_agg(start + entered - exited + greatest(0, -(start + low)) order by from_at desc))[1] as end,
         min(greatest(0, start + low)) as min, max(greatest(start + high, peak)) as max,
         sum(entered) as entered, sum(exited) as exited
       from area_periods
       where area = ? and from_at >= to_timestamp(?::double precision / 1000) and from_at < to_timestamp(?::double precision / 1000)
       group by 1`,
      [JSON.stringify(periods.map((period) => period.fromMs)), area, first, periods.at(-1)?.untilMs ?? first],
    );
    const [before] = await em.execute<{ end: number }[]>(
      `select start + entered - exited + greatest(0, -(start + low)) as end from area_periods
       where area = ? and from_at < to_timestamp(?::double precision / 1000) order by from_at desc limit 1`,
      [area, first],
    );
    const rowOf = new Map(rows.map((row) => [row.place - 1, row]));
    let inside = before?.end ?? 0;
    return periods.map((period, i) => {
      const start = inside;
      const row = rowOf.get(i);
      inside = row?.end ?? start;
      const [min, max] = [Math.min(start, row?.min ?? start), Math.max(start, row?.max ?? start)];
      const { entered, exited } = row ?? { entered: 0, exited: 0 };
      return { ...period, start, end: inside, min, max, entered: Number(entered), exited: Number(exited) };
    });
  });
}

export interface CorrectionsOfDay {
  readonly day: string;
  /** People who left and had not been seen entering: without them the number would have fallen below zero. */
  readonly missed: number;
  /** What baselines added and took away: by how much the count was off. */
  readonly added: number;
  readonly removed: number;
}

export interface DriftCorrection {
  readonly atMs: number;
  readonly amount: number;
  /** The crossing by which somebody left who was not inside; null: found by a baseline. */
  readonly factId: string | null;
}

/**
 * Drift of an area by local day, both days included, and its newest single corrections. Throws site.not-found, input.invalid.
 */
export async function areaCorrections(
  database: Database,
  site: string,
  area: string,
  { fromDay, untilDay }: { fromDay: string; untilDay: string },
): Promise<{ days: CorrectionsOfDay[]; newest: DriftCorrection[] }> {
  const days: string[] = [];
  for (let day = fromDay; day <= untilDay && days.length <= MAX_DAYS; day = dayAfter(day)) days.push(day);
  if (days.length === 0 || days.length > MAX_DAYS) {
    throw new AppError('input.invalid', `ask for 1 to ${String(MAX_DAYS)} days, the first one first`);
  }
  return database.read(async (em) => {
    const zone = await timeZoneOf(em, site, area);
    const dawns = [...days, dayAfter(untilDay)].map((day) => instantOf(zone, day));
    const within = `area = ? and at >= to_timestamp(?::double precision / 1000) and at < to_timestamp(?::double precision / 1000)`;
    const range = [area, dawns[0], dawns.at(-1)];
    const sums = await em.execute<{ place: number; missed: string; added: string; removed: string }[]>(
      `select width_bucket((extract(epoch from at) * 1000)::double precision,
           array(select value::double precision from jsonb_array_elements_text(?::jsonb))) as place,
         coalesce(sum(amount) filter (where fact_id <> ''), 0) as missed,
         coalesce(sum(amount) filter (where fact_id = '' and amount > 0), 0) as added,
         coalesce(-sum(amount) filter (where fact_id = '' and amount < 0), 0) as removed
       from drift_corrections where ${within} group by 1`,
      [JSON.stringify(dawns), ...range],
    );
    const newest = await em.execute<DriftCorrection[]>(
      `select (extract(epoch from at) * 1000)::double precision as "atMs", amount, nullif(fact_id, '') as "factId"
       from drift_corrections where ${within} order by at desc, fact_id desc limit ${String(MAX_CORRECTIONS)}`,
      range,
    );
    const sumOf = new Map(sums.map((sum) => [sum.place - 1, sum]));
    return {
      days: days.map((day, i) => {
        const { missed, added, removed } = sumOf.get(i) ?? { missed: 0, added: 0, removed: 0 };
        return { day, missed: Number(missed), added: Number(added), removed: Number(removed) };
      }),
      newest,
    };
  });
}

async function timeZoneOf(em: EntityManager, site: string, area: string): Promise<string> {
  const [row] = await em.execute<{ zone: string }[]>(
    'select s.time_zone as zone from areas a join sites s on s.id = a.site where a.id = ? and a.site = ? and s.deleted_at is null',
    [area, site],
  );
  if (row === undefined) throw new AppError('site.not-found', `there is no area ${area} in the site ${site}`);
  return row.zone;
}
