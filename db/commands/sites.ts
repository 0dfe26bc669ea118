import type { EntityManager } from '@mikro-orm/postgresql';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { tokenFromName } from '#protocol/ids.ts';
import {
  areaChangesSchema,
  newAreaSchema,
  newSiteSchema,
  siteChangesSchema,
  type AreaChanges,
  type NewArea,
  type NewSite,
  type SiteChanges,
} from '#protocol/sites.ts';
import type { Database } from '../database.ts';
import { AreaEntity, DoorEntity, SiteEntity, type AreaRow, type SiteRow } from '../entities/site.entity.ts';
import { lockSites } from '../site-lock.ts';
import { loadSite, type SiteView } from '../site-view.ts';

/** The channel on which each change of sites, areas, doors and baselines is announced, after its commit. */
export const SITES_CHANNEL = 'footfall_sites';

/**
 * Adds a site with its areas. Throws input.invalid, site.conflict (only when an id was given; an id made from the name gets a
 * number), storage.unavailable.
 */
export async function createSite(database: Database, input: NewSite): Promise<SiteView> {
  const wanted = parse(newSiteSchema, input);
  return database.write(async (em) => {
    await lockSites(em);
    const now = new Date();
    const id = await claimId(em, wanted.id ?? null, wanted.name);
    em.create(SiteEntity, {
      id,
      revision: 0,
      timeZone: wanted.timeZone,
      baselineAt: wanted.baselineAt,
      baselinedUntil: now,
      deletedAt: null,
      createdAt: now,
    });
    await em.flush(); // The areas refer to the site's row.
    addAreaRow(em, id, id, { name: wanted.name, capacity: wanted.capacity, baselineTo: 0 });
    await em.flush();
    for (const area of wanted.areas) {
      addAreaRow(em, id, await claimId(em, area.id ?? null, area.name), area);
      await em.flush(); // The next id is claimed among these.
    }
    return announced(em, id);
  });
}

/** Changes what is given. A new time of day or time zone counts from now on. Throws also site.not-found. */
export async function updateSite(database: Database, id: string, changes: SiteChanges): Promise<SiteView> {
  const wanted = parse(siteChangesSchema, changes);
  return database.write(async (em) => {
    await lockSites(em);
    const site = await siteRow(em, id);
    const whole = await areaRow(em, id, id);
    if (wanted.timeZone !== undefined) site.timeZone = wanted.timeZone;
    if (wanted.baselineAt !== undefined) site.baselineAt = wanted.baselineAt;
    if (wanted.timeZone !== undefined || wanted.baselineAt !== undefined) site.baselinedUntil = new Date();
    if (wanted.name !== undefined) whole.name = wanted.name;
    if (wanted.capacity !== undefined) whole.capacity = wanted.capacity;
    await em.flush();
    return announced(em, id);
  });
}

/** Ends its doors and hides it with its areas; their history stays. */
export async function deleteSite(database: Database, id: string): Promise<void> {
  await database.write(async (em) => {
    await lockSites(em);
    const site = await siteRow(em, id);
    const now = new Date();
    site.deletedAt = now;
    await em.flush();
    await em.execute('update doors set until = greatest(since, ?) where site = ? and until is null', [now, id]);
    await em.execute('update areas set deleted_at = ? where site = ? and deleted_at is null', [now, id]);
    await em.execute(`notify ${SITES_CHANNEL}`);
  });
}

/** Throws input.invalid, site.not-found, site.conflict. */
export async function addArea(database: Database, site: string, input: NewArea): Promise<SiteView> {
  const wanted = parse(newAreaSchema, input);
  return database.write(async (em) => {
    await lockSites(em);
    await siteRow(em, site);
    addAreaRow(em, site, await claimId(em, wanted.id ?? null, wanted.name), wanted);
    await em.flush();
    return announced(em, site);
  });
}

/** Throws input.invalid, site.not-found. */
export async function updateArea(
  database: Database,
  site: string,
  id: string,
  changes: AreaChanges,
): Promise<SiteView> {
  const wanted = parse(areaChangesSchema, changes);
  return database.write(async (em) => {
    await lockSites(em);
    await siteRow(em, site);
    const area = await areaRow(em, site, id);
    if (wanted.name !== undefined) area.name = wanted.name;
    if (wanted.capacity !== undefined) area.capacity = wanted.capacity;
    if (wanted.baselineTo !== undefined) area.baselineTo = wanted.baselineTo;
    await em.flush();
    return announced(em, site);
  });
}

/** Throws site.not-found, site.conflict while a door leads there. */
export async function deleteArea(database: Database, site: string, id: string): Promise<SiteView> {
  return database.write(async (em) => {
    await lockSites(em);
    await siteRow(em, site);
    if (id === site) throw new AppError('site.conflict', 'this is the whole site: delete the site instead');
    const area = await areaRow(em, site, id);
    const doors = await em.find(DoorEntity, { site, until: null, $or: [{ fromArea: id }, { toArea: id }] });
    if (doors.length > 0) {
      const names = doors.map((door) => door.name).join(', ');
      throw new AppError(
        'site.conflict',
        `the area ${id} has doors: ${names}. Delete them or lead them elsewhere first`,
      );
    }
    area.deletedAt = new Date();
    await em.flush();
    return announced(em, site);
  });
}

export async function siteRow(em: EntityManager, id: string): Promise<SiteRow> {
  const site = await em.findOne(SiteEntity, { id, deletedAt: null }, { refresh: true });
  if (site === null) throw new AppError('site.not-found', `there is no site ${id}`);
  return site;
}

async function areaRow(em: EntityManager, site: string, id: string): Promise<AreaRow> {
  const area = await em.findOne(AreaEntity, { id, site, deletedAt: null }, { refresh: true });
  if (area === null) throw new AppError('site.not-found', `there is no area ${id} in the site ${site}`);
  return area;
}

export async function announced(em: EntityManager, site: string): Promise<SiteView> {
  await em.execute('update sites set revision = revision + 1 where id = ?', [site]);
  await em.execute(`notify ${SITES_CHANNEL}`);
  return loadSite(em, site);
}

function addAreaRow(
  em: EntityManager,
  site: string,
  id: string,
  { name, capacity, baselineTo }: { name: string; capacity: number | null; baselineTo: number },
): void {
  const folded = { version: 0, occupancy: 0, since: null, staleFrom: null };
  em.create(AreaEntity, { id, site, name, capacity, baselineTo, deletedAt: null, createdAt: new Date(), ...folded });
}

/** Ids of deleted sites and areas stay taken: their history is still there. */
async function claimId(em: EntityManager, asked: string | null, name: string): Promise<string> {
  const rows = await em.execute<{ id: string }[]>('select id from areas');
  const taken = new Set(rows.map((row) => row.id));
  if (asked !== null) {
    if (taken.has(asked)) throw new AppError('site.conflict', `there is (or was) a site or area with the id ${asked}`);
    return asked;
  }
  const stem = tokenFromName(name) || 'area';
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? stem : `${stem}-${String(n)}`;
    if (!taken.has(id)) return id;
  }
}
