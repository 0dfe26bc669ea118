import type { Direction } from '#protocol/geometry.ts';
import { dayAfter, instantOf } from '#protocol/site-time.ts';
import type { Database } from '../database.ts';
import { loadSite, loadSites, type SiteView } from '../site-view.ts';

export type { AreaView, DoorView, SiteView } from '../site-view.ts';

/** Sites that are not deleted, by name. */
export function listSites(database: Database): Promise<SiteView[]> {
  return database.read((em) => loadSites(em, null));
}

/** null: there is none, or it was deleted. */
export async function siteById(database: Database, id: string): Promise<SiteView | null> {
  const [site] = await database.read((em) => loadSites(em, id));
  return site ?? null;
}

export interface BaselineMade {
  readonly area: string;
  readonly atMs: number;
  readonly occupancy: number;
  /** null: the schedule. */
  readonly author: string | null;
  readonly note: string;
}

/** Newest first. */
export function baselinesOf(database: Database, site: string, limit = 100): Promise<BaselineMade[]> {
  return database.read((em) =>
    em.execute<BaselineMade[]>(
      `select b.area, (extract(epoch from b.at) * 1000)::double precision as "atMs", b.occupancy, b.author, b.note
       from area_baselines b join areas a on a.id = b.area where a.site = ? order by b.at desc, b.area limit ?`,
      [site, limit],
    ),
  );
}

interface Passages {
  readonly in: number;
  readonly out: number;
}

/** What the door's line counted on a day, and what its twin did: the same people, seen by another line. */
export interface DoorCheck {
  readonly door: string;
  readonly counted: Passages;
  /** In the door's directions; null: it has no twin. */
  readonly twin: Passages | null;
  /** Twin less counted; far from zero: one of the two does not see everybody. */
  readonly difference: Passages | null;
}

/** Each of a site's present doors beside its twin, on a local day. Throws site.not-found. */
export async function doorChecks(database: Database, site: string, day: string): Promise<DoorCheck[]> {
  return database.read(async (em) => {
    const { timeZone, doors } = await loadSite(em, site);
    const lines = doors.flatMap(({ id, camera, line, twin }) => [
      { door: id, of: 'counted', camera, line },
      ...(twin === null ? [] : [{ door: id, of: 'twin', camera: twin.camera, line: twin.line }]),
    ]);
    const rows = await em.execute<{ door: string; of: string; direction: Direction; crossings: string }[]>(
      `select f.door, f.of, r.direction, count(*) as crossings
       from jsonb_to_recordset(?::jsonb) as f(door text, of text, camera text, line text)
       join counting_results r on r.camera = f.camera and r.line = f.line
       where r.crossed_at >= to_timestamp(?::double precision / 1000) and r.crossed_at < to_timestamp(?::double precision / 1000)
       group by 1, 2, 3`,
      [JSON.stringify(lines), instantOf(timeZone, day), instantOf(timeZone, dayAfter(day))],
    );
    const seen = (door: string, of: string, direction: Direction): number =>
      Number(rows.find((row) => row.door === door && row.of === of && row.direction === direction)?.crossings ?? 0);
    return doors.map(({ id, twin }) => {
      const counted = { in: seen(id, 'counted', 'in'), out: seen(id, 'counted', 'out') };
      if (twin === null) return { door: id, counted, twin: null, difference: null };
      const [first, second] = [seen(id, 'twin', 'in'), seen(id, 'twin', 'out')];
      const other = twin.reversed ? { in: second, out: first } : { in: first, out: second };
      const difference = { in: other.in - counted.in, out: other.out - counted.out };
      return { door: id, counted, twin: other, difference };
    });
  });
}
