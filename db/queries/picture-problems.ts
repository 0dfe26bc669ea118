import type { PictureProblem } from '#protocol/picture-health.ts';
import type { Database } from '../database.ts';

export interface PictureProblemPeriod {
  readonly problem: PictureProblem;
  readonly sinceMs: number;
  /** Null: as far as is known it is still there. */
  readonly untilMs: number | null;
}

/**
 * What was wrong with a camera's picture and when, newest first. A problem that a second worker finds again while it lasts is
 * one period.
 */
export async function pictureProblems(database: Database, camera: string, limit = 50): Promise<PictureProblemPeriod[]> {
  return database.read((em) =>
    em.execute<PictureProblemPeriod[]>(
      `select problem, (extract(epoch from since_at) * 1000)::double precision as "sinceMs",
         (extract(epoch from until_at) * 1000)::double precision as "untilMs"
       from (
         select problem, is_present, since_at,
           lag(is_present) over told as was_present,
           min(since_at) filter (where not is_present) over later as until_at
         from picture_events where camera = ?
         window told as (partition by problem order by since_at, happened_at, fact_id),
           later as (told rows between 1 following and unbounded following)
       ) events
       where is_present and was_present is not true
       order by since_at desc, problem limit ?`,
      [camera, limit],
    ),
  );
}
