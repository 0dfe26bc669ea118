import type { EntityManager } from '@mikro-orm/postgresql';
import type { AreaMessage } from '#protocol/sites.ts';
import type { Database } from '../database.ts';
import { areaMessages } from '../queries/areas.ts';
import { shareSites } from '../site-lock.ts';
import { foldArea, periodOf, PERIOD_MS } from './area-periods.ts';

/** Folds what crossings that were stored or voided mean for areas, in the same transaction. Returns each area that changed. */
export async function foldCrossings(
  em: EntityManager,
  crossings: readonly { readonly camera: string; readonly line: string; readonly atMs: number }[],
): Promise<AreaMessage[]> {
  if (crossings.length === 0) return [];
  await shareSites(em);
  const touched = await em.execute<{ area: string; atMs: number }[]>(
    `select e.area, c."atMs"
     from jsonb_to_recordset(?::jsonb) as c(camera text, line text, "atMs" double precision)
     join door_effects e on e.camera = c.camera and e.line = c.line and e.since <= to_timestamp(c."atMs" / 1000)
       and (e.until is null or e.until > to_timestamp(c."atMs" / 1000))`,
    [JSON.stringify(crossings.map(({ camera, line, atMs }) => ({ camera, line, atMs })))],
  );
  if (touched.length === 0) return [];
  const periodsOf = Map.groupBy(touched, ({ area }) => area);
  const areas = [...periodsOf.keys()];
  // In one order, so that two projectors never wait for each other crosswise.
  await em.execute(
    'select 1 from areas where id in (select jsonb_array_elements_text(?::jsonb)) order by id for update',
    [JSON.stringify(areas)],
  );
  for (const [area, of] of periodsOf) await foldArea(em, area, new Set(of.map(({ atMs }) => periodOf(atMs))));
  return areaMessages(em, Date.now(), areas);
}

/** Folds anew what commands and schedules declared out of date. Returns how many areas that were. */
export async function foldStale(database: Database): Promise<number> {
  return database.write(async (em) => {
    await shareSites(em);
    const stale = await em.execute<{ id: string; from: number }[]>(
      `select id, (extract(epoch from stale_from) * 1000)::double precision as "from" from areas
       where stale_from is not null order by id for update`,
    );
    for (const { id, from } of stale) {
      await foldArea(em, id, await periodsSince(em, id, from));
      await em.execute('update areas set stale_from = null where id = ?', [id]);
    }
    return stale.length;
  });
}

/** Every five minutes since then in which the area has, had or should have something. */
async function periodsSince(em: EntityManager, area: string, fromMs: number): Promise<Set<number>> {
  const seconds = PERIOD_MS / 1000;
  const since = 'to_timestamp(?::double precision / 1000)';
  const rows = await em.execute<{ period: string }[]>(
    `select distinct floor(extract(epoch from at) / ${String(seconds)})::bigint as period from (
       select r.crossed_at as at from door_effects e join counting_results r on r.camera = e.camera and r.line = e.line
         and r.crossed_at >= e.since and (e.until is null or r.crossed_at < e.until)
       where e.area = ? and r.crossed_at >= ${since}
       union all select from_at from area_periods where area = ? and from_at >= ${since}
       union all select at from area_baselines where area = ? and at >= ${since}
     ) happened`,
    [area, periodOf(fromMs), area, periodOf(fromMs), area, periodOf(fromMs)],
  );
  return new Set(rows.map(({ period }) => Number(period) * PERIOD_MS));
}
