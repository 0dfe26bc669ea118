import type { EntityManager } from '@mikro-orm/postgresql';
import { instantOf, localDay } from '#protocol/site-time.ts';
import type { AreaMessage } from '#protocol/sites.ts';
import type { Database } from '../database.ts';

interface Row {
  readonly area: string;
  readonly site: string;
  readonly occupancy: number;
  readonly capacity: number | null;
  readonly sinceMs: number | null;
  readonly version: string;
  readonly revision: string;
  readonly timeZone: string;
}

/** How many are inside each of these areas, or all (`areas` null), deleted ones left out. */
export async function areaMessages(
  em: EntityManager,
  nowMs: number,
  areas: readonly string[] | null,
): Promise<AreaMessage[]> {
  const rows = await em.execute<Row[]>(
    `select a.id as area, a.site, a.occupancy, a.capacity, a.version, s.time_zone as "timeZone", s.revision,
       (extract(epoch from a.since) * 1000)::double precision as "sinceMs"
     from areas a join sites s on s.id = a.site
     where a.deleted_at is null and (?::jsonb is null or a.id in (select jsonb_array_elements_text(?::jsonb)))
     order by a.site, a.id`,
    [areas === null ? null : JSON.stringify(areas), JSON.stringify(areas ?? [])],
  );
  const days = rows.map(({ area, timeZone }) => {
    const day = localDay(timeZone, nowMs);
    return { area, day, dawnMs: instantOf(timeZone, day) };
  });
  const sums = await em.execute<{ area: string; entered: string; exited: string }[]>(
    `select d.area, today.entered, today.exited
     from jsonb_to_recordset(?::jsonb) as d(area text, "dawnMs" double precision) cross join lateral (
       select coalesce(sum(p.entered), 0) as entered, coalesce(sum(p.exited), 0) as exited from area_periods p
       where p.area = d.area and p.from_at >= to_timestamp(d."dawnMs" / 1000)
     ) today`,
    [JSON.stringify(days)],
  );
  const sumOf = new Map(sums.map((sum) => [sum.area, sum]));
  return rows.map(({ area, site, occupancy, capacity, sinceMs, version, revision }, i) => {
    const sum = sumOf.get(area);
    const today = { day: days[i]?.day ?? '', entered: Number(sum?.entered ?? 0), exited: Number(sum?.exited ?? 0) };
    return { area, site, occupancy, capacity, sinceMs, today, revision: Number(revision), version: Number(version) };
  });
}

/** A site's total first, then its areas. Empty: there is no such site. */
export async function occupancyOf(database: Database, site: string, nowMs: number): Promise<AreaMessage[]> {
  const all = await database.read(async (em) => {
    const rows = await em.execute<{ id: string }[]>('select id from areas where site = ? and deleted_at is null', [
      site,
    ]);
    return rows.length === 0
      ? []
      : areaMessages(
          em,
          nowMs,
          rows.map(({ id }) => id),
        );
  });
  return all.toSorted((a, b) => Number(b.area === site) - Number(a.area === site));
}
