import { dayAfter, instantOf, localDay } from '#protocol/site-time.ts';
import { makeBaselines } from '../commands/baselines.ts';
import type { Database } from '../database.ts';
import { AreaEntity, SiteEntity } from '../entities/site.entity.ts';
import { shareSites } from '../site-lock.ts';

/** When a site's clocks showed this time, after `afterMs` and up to `untilMs`. */
export function dueInstants(timeZone: string, time: string, afterMs: number, untilMs: number): number[] {
  const due: number[] = [];
  for (let day = localDay(timeZone, afterMs); ; day = dayAfter(day)) {
    const atMs = instantOf(timeZone, day, time);
    if (atMs > untilMs) return due;
    // A day that a zone skipped altogether is the next one's instant once more.
    if (atMs > afterMs && due.at(-1) !== atMs) due.push(atMs);
  }
}

/**
 * Makes every scheduled baseline up to now, also those that came due while nothing ran, each at its own instant. Two
 * projectors may try at once.
 */
export async function makeDueBaselines(database: Database, nowMs: number): Promise<void> {
  const sites = await database.read((em) => em.find(SiteEntity, { deletedAt: null, baselineAt: { $ne: null } }));
  for (const { id } of sites) {
    await database.write(async (em) => {
      await shareSites(em);
      await em.execute('select 1 from sites where id = ? for update', [id]);
      const site = await em.findOne(SiteEntity, { id, deletedAt: null }, { refresh: true });
      if (site === null || (site.baselineAt ?? null) === null) return;
      const due = dueInstants(site.timeZone, site.baselineAt ?? '', site.baselinedUntil.getTime(), nowMs);
      const last = due.at(-1);
      if (last === undefined) return;
      const areas = await em.find(AreaEntity, { site: id, deletedAt: null });
      for (const atMs of due) {
        const to = areas
          .filter((area) => area.id !== id)
          .map(({ id: area, baselineTo }) => [area, baselineTo] as const);
        await makeBaselines(em, id, { areas: new Map(to), atMs, author: null, note: '' });
      }
      site.baselinedUntil = new Date(last);
      await em.flush();
    });
  }
}
