import type { Database } from '../database.ts';
import { periodsIn, type PeriodRange } from './periods.ts';

export interface ZoneVisit {
  readonly id: string;
  readonly zone: string;
  readonly run: number;
  readonly track: number;
  readonly enteredAtMs: number;
  readonly leftAtMs: number;
  readonly dwellMs: number;
  /** First, or last, seen inside: the dwell is that long at least. */
  readonly appeared: boolean;
  readonly lost: boolean;
}

export interface VisitFilter {
  /** Absent: every zone of the camera. */
  readonly zone?: string;
  /** Left before this; for the next page. */
  readonly beforeMs?: number;
  /** 50 by default. */
  readonly limit?: number;
}

const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::double precision`;
const instant = 'to_timestamp(?::double precision / 1000)';

/** Visits that are over, the one that ended last first. */
export function zoneVisits(
  database: Database,
  camera: string,
  { zone, beforeMs, limit = 50 }: VisitFilter = {},
): Promise<ZoneVisit[]> {
  return database.read((em) =>
    em.execute<ZoneVisit[]>(
      `select fact_id as id, zone, run::double precision as run, track::double precision as track,
         ${epochMs('entered_at')} as "enteredAtMs", ${epochMs('left_at')} as "leftAtMs",
         ${epochMs('(left_at - entered_at)')} as "dwellMs", appeared, lost
       from zone_visits where camera = ? and zone = coalesce(?, zone) and left_at < coalesce(${instant}, 'infinity')
       order by left_at desc, fact_id desc limit ?`,
      [camera, zone ?? null, beforeMs ?? null, limit],
    ),
  );
}

export interface ZoneInPeriod {
  readonly zone: string;
  /** How much of the period was watched. */
  readonly observedMs: number;
  readonly peopleMin: number;
  readonly peopleMax: number;
  readonly peopleMean: number;
  readonly entries: number;
  readonly exits: number;
  /** Of those who left; null when nobody did. */
  readonly dwellMeanMs: number | null;
  /** In a queue, the estimated wait, averaged over the minutes in which it was known. */
  readonly waitMeanMs: number | null;
}

/** Occupancy of a camera's zones in consecutive periods of a minute or more; a period without zones was not watched. */
export async function zonesByPeriod(
  database: Database,
  camera: string,
  range: PeriodRange,
): Promise<{ fromMs: number; zones: ZoneInPeriod[] }[]> {
  const periods = periodsIn(range);
  const rows = await database.read((em) =>
    em.execute<(ZoneInPeriod & { period: number })[]>(
      `select floor(extract(epoch from from_at) * 1000 / ?)::double precision * ? as period, zone,
         sum(observed_ms) as "observedMs", min(people_min) as "peopleMin", max(people_max) as "peopleMax",
         coalesce(sum(people_mean * observed_ms) / nullif(sum(observed_ms), 0), max(people))::double precision as "peopleMean",
         sum(entries)::integer as entries, sum(exits)::integer as exits,
         sum(dwell_mean_ms * exits) / nullif(sum(exits), 0) as "dwellMeanMs", avg(wait_ms) as "waitMeanMs"
       from zone_minutes
       where camera = ? and until_at > ${instant} and from_at >= ${instant} and from_at < ${instant}
       group by 1, zone order by 1, zone`,
      [range.periodMs, range.periodMs, camera, periods[0] ?? range.fromMs, periods[0] ?? range.fromMs, range.untilMs],
    ),
  );
  const zonesOf = Map.groupBy(rows, ({ period }) => period);
  return periods.map((fromMs) => ({
    fromMs,
    zones: (zonesOf.get(fromMs) ?? []).map(({ period: _, ...zone }) => zone),
  }));
}

export interface ZoneNow {
  readonly zone: string;
  /** End of the newest minute, to which the figures belong; live messages are newer. */
  readonly atMs: number;
  readonly people: number;
  readonly waitMs: number | null;
  /** What was told last about each limit; null: nothing yet. */
  readonly over: ZoneAlarm | null;
  readonly under: ZoneAlarm | null;
}

export interface ZoneAlarm {
  readonly limit: number;
  readonly isBeyond: boolean;
  readonly people: number;
  readonly sinceMs: number;
}

const RECENT_MS = 24 * 3_600_000;

/** The last that was stored about each zone, if it is not older than a day. */
export async function zonesNow(database: Database, camera: string, nowMs: number): Promise<ZoneNow[]> {
  return database.read(async (em) => {
    const minutes = await em.execute<Omit<ZoneNow, 'over' | 'under'>[]>(
      `select distinct on (zone) zone, ${epochMs('until_at')} as "atMs", people, wait_ms as "waitMs"
       from zone_minutes where camera = ? and until_at > ${instant} order by zone, until_at desc, fact_id desc`,
      [camera, nowMs - RECENT_MS],
    );
    const alarms = await em.execute<(ZoneAlarm & { zone: string; threshold: 'over' | 'under' })[]>(
      `select distinct on (zone, threshold) zone, threshold, "limit", is_beyond as "isBeyond", people,
         ${epochMs('since_at')} as "sinceMs"
       from zone_alarms where camera = ? order by zone, threshold, crossed_at desc, fact_id desc`,
      [camera],
    );
    const alarmOf = (zone: string, threshold: 'over' | 'under'): ZoneAlarm | null => {
      const alarm = alarms.find((one) => one.zone === zone && one.threshold === threshold);
      if (alarm === undefined) return null;
      const { limit, isBeyond, people, sinceMs } = alarm;
      return { limit, isBeyond, people, sinceMs };
    };
    return minutes.map((minute) => ({
      ...minute,
      over: alarmOf(minute.zone, 'over'),
      under: alarmOf(minute.zone, 'under'),
    }));
  });
}
