import type { EntityManager } from '@mikro-orm/postgresql';
import type { Log } from '#ops/runtime/log.ts';
import type { Database } from '../database.ts';
import { FACT_TABLES } from '../projections/fact-tables.ts';

const DAY_MS = 24 * 3_600_000;
const AHEAD_DAYS = 7;
/** Facts that waited in an outbox over a long weekend find their day. */
const BACK_DAYS = 4;
/** A stamp further away than this is a broken clock's: it stays where strays are kept. */
const PLAUSIBLE_DAYS = 400;
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
 * Makes the daily partitions of every table of facts around now, and for days that strays in a DEFAULT partition belong to;
 * the strays move. What remains there is counted like all else, and told.
 */
export async function makePartitions(database: Database, log: Log, nowMs: number): Promise<void> {
  await database.write(async (em) => {
    await em.execute('select pg_advisory_xact_lock(?)', [LOCK]);
    for (const { table, at, isDaily } of FACT_TABLES) {
      const strays = isDaily ? await partition(em, table, at, nowMs) : 0;
      if (strays === 0) continue;
      log.warn({ table, strays }, 'facts with implausible times lie in the default partition: check the clocks');
    }
  });
}

/** Returns how many rows remain in the DEFAULT partition. */
async function partition(em: EntityManager, table: string, at: string, nowMs: number): Promise<number> {
  const strays = await em.execute<{ day: string }[]>(
    `select distinct to_char(${at} at time zone 'UTC', 'YYYY-MM-DD') as day from ${table}_strays
     where ${at} between to_timestamp(?::double precision / 1000) and to_timestamp(?::double precision / 1000)`,
    [nowMs - PLAUSIBLE_DAYS * DAY_MS, nowMs + PLAUSIBLE_DAYS * DAY_MS],
  );
  const rows = await em.execute<{ name: string }[]>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = '${table}'::regclass`,
  );
  const existing = new Set(rows.map(({ name }) => name));
  for (const day of new Set([...daysAround(nowMs), ...strays.map((row) => row.day)])) {
    const name = `${table}_${day.replaceAll('-', '')}`;
    if (existing.has(name)) continue;
    const until = dayOf(Date.parse(`${day}T00:00:00Z`) + DAY_MS);
    const range = `${at} >= '${day}T00:00:00Z' and ${at} < '${until}T00:00:00Z'`;
    // Attached only after the strays are in: a range whose rows lie in the DEFAULT partition is refused.
    await em.execute(`create table ${name} (like ${table} including defaults including constraints)`);
    await em.execute(
      `with moved as (delete from ${table}_strays where ${range} returning *) insert into ${name} select * from moved`,
    );
    await em.execute(
      `alter table ${table} attach partition ${name} for values from ('${day}T00:00:00Z') to ('${until}T00:00:00Z')`,
    );
  }
  const [left] = await em.execute<{ strays: string }[]>(`select count(*) as strays from ${table}_strays`);
  return Number(left?.strays ?? 0);
}
