import type { Log } from '#ops/runtime/log.ts';
import type { Database } from '../database.ts';

const DAY_MS = 24 * 3_600_000;
const AHEAD_DAYS = 7;
/** Facts that waited in an outbox over a long weekend find their day. */
const BACK_DAYS = 4;
/** A stamp further away than this is a broken clock's: it stays where strays are kept. */
const PLAUSIBLE_DAYS = 400;
const TABLE = 'counting_results';
/** Any number that nobody else uses as an advisory lock in this database. */
const LOCK = 7_300_415;

/** Days (UTC, as `2026-11-22`) that need a partition around now. */
export function daysAround(nowMs: number): string[] {
  return Array.from({ length: BACK_DAYS + AHEAD_DAYS + 1 }, (_, i) => dayOf(nowMs + (i - BACK_DAYS) * DAY_MS));
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * Makes the daily partitions around now, and for days that strays in the DEFAULT partition belong to; the strays move. What
 * remains there is counted like all else, and told.
 */
export async function makePartitions(database: Database, log: Log, nowMs: number): Promise<void> {
  await database.write(async (em) => {
    await em.execute('select pg_advisory_xact_lock(?)', [LOCK]);
    const strays = await em.execute<{ day: string; strays: string }[]>(
      `select to_char(crossed_at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*) as strays
       from ${TABLE}_strays where crossed_at between to_timestamp(?::double precision / 1000) and to_timestamp(?::double precision / 1000)
       group by 1`,
      [nowMs - PLAUSIBLE_DAYS * DAY_MS, nowMs + PLAUSIBLE_DAYS * DAY_MS],
    );
    const rows = await em.execute<{ name: string }[]>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = '${TABLE}'::regclass`,
    );
    const existing = new Set(rows.map(({ name }) => name));
    for (const day of new Set([...daysAround(nowMs), ...strays.map((row) => row.day)])) {
      const name = `${TABLE}_${day.replaceAll('-', '')}`;
      if (existing.has(name)) continue;
      const range = `crossed_at >= '${day}T00:00:00Z' and crossed_at < timestamptz '${day}T00:00:00Z' + interval '1 day'`;
      const until = dayOf(Date.parse(`${day}T00:00:00Z`) + DAY_MS);
      // Attached only after the strays are in: a range whose rows lie in the DEFAULT partition is refused.
      await em.execute(`create table ${name} (like ${TABLE} including defaults including constraints)`);
      await em.execute(
        `with moved as (delete from ${TABLE}_strays where ${range} returning *) insert into ${name} select * from moved`,
      );
      await em.execute(
        `alter table ${TABLE} attach partition ${name} for values from ('${day}T00:00:00Z') to ('${until}T00:00:00Z')`,
      );
    }
    const [left] = await em.execute<{ strays: string }[]>(`select count(*) as strays from ${TABLE}_strays`);
    if (Number(left?.strays) > 0) {
      log.warn(
        { strays: Number(left?.strays) },
        'facts with implausible times lie in the default partition: check the clocks',
      );
    }
  });
}
