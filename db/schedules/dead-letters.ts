import { streams } from '#protocol/streams.ts';
import type { Log } from '#ops/runtime/log.ts';
import type { Database } from '../database.ts';

/** Newer ones stay; their stream keeps copies of the others. */
const MAX_LETTERS = 100_000;
const DAY_MS = 24 * 3_600_000;

/** Lets letters go that their stream has let go too, and the oldest of a flood. */
export async function forgetLetters(
  database: Database,
  log: Log,
  nowMs: number,
  maxLetters = MAX_LETTERS,
): Promise<void> {
  const oldest = new Date(nowMs - streams.deadLetters.maxAgeDays * DAY_MS);
  const [gone] = await database.write((em) =>
    em.execute<{ letters: number }[]>(
      `with gone as (
         delete from dead_letters where copied_at is not null and (rejected_at < ? or id in (
           select id from dead_letters order by rejected_at desc, id desc offset ?
         )) returning fate
       ) select count(*)::integer as letters from gone where fate = 'waiting'`,
      [oldest, maxLetters],
    ),
  );
  const letters = gone?.letters ?? 0;
  if (letters > 0) log.warn({ letters }, 'dead letters were forgotten before anybody decided about them');
}
