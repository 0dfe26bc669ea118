import type { EntityManager } from '@mikro-orm/postgresql';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { tokenFromName } from '#protocol/ids.ts';
import { newDoorSchema, type Door, type NewDoor } from '#protocol/sites.ts';
import type { Database } from '../database.ts';
import { AreaEntity, DoorEntity, type DoorRow } from '../entities/site.entity.ts';
import { lockSites } from '../site-lock.ts';
import type { SiteView } from '../site-view.ts';
import { announced, siteRow } from './sites.ts';

/**
 * Declares that a line is a door; it counts from now on. Throws input.invalid (no such line), site.not-found (site or area),
 * site.conflict (the id is taken, or the line is in a door already).
 */
export async function addDoor(database: Database, site: string, input: NewDoor): Promise<SiteView> {
  const wanted = parse(newDoorSchema, input);
  return database.write(async (em) => {
    await lockSites(em);
    await siteRow(em, site);
    const id = await claimDoorId(em, site, wanted.id ?? null, wanted.name);
    await checkPlaces(em, site, id, wanted);
    await beginDoor(em, site, id, wanted, await clockMs(em));
    return announced(em, site);
  });
}

/** Ends the door as it was and begins it anew, under the same id: what was counted stays. Throws as `addDoor` does. */
export async function changeDoor(database: Database, site: string, id: string, input: NewDoor): Promise<SiteView> {
  const wanted = parse(newDoorSchema, input);
  return database.write(async (em) => {
    await lockSites(em);
    await siteRow(em, site);
    const now = await endDoor(em, await doorRow(em, site, id));
    await checkPlaces(em, site, id, wanted);
    await beginDoor(em, site, id, wanted, now);
    return announced(em, site);
  });
}

/** Throws site.not-found. */
export async function removeDoor(database: Database, site: string, id: string): Promise<SiteView> {
  return database.write(async (em) => {
    await lockSites(em);
    await siteRow(em, site);
    await endDoor(em, await doorRow(em, site, id));
    return announced(em, site);
  });
}

async function doorRow(em: EntityManager, site: string, id: string): Promise<DoorRow> {
  const door = await em.findOne(DoorEntity, { site, id, until: null }, { refresh: true });
  if (door === null) throw new AppError('site.not-found', `there is no door ${id} in the site ${site}`);
  return door;
}

/** The database's clock: several web processes may change one door after the other. */
async function clockMs(em: EntityManager): Promise<number> {
  const [row] = await em.execute<{ now: number }[]>(
    'select floor(extract(epoch from clock_timestamp()) * 1000)::double precision as now',
  );
  return row?.now ?? Date.now();
}

async function beginDoor(em: EntityManager, site: string, id: string, door: Door, sinceMs: number): Promise<void> {
  const { name, camera, line, from: fromArea, to: toArea, twin } = door;
  const since = new Date(sinceMs);
  em.create(DoorEntity, { site, id, since, until: null, name, camera, line, fromArea, toArea, twin });
  await em.flush();
  await foldFrom(em, site, sinceMs, [fromArea, toArea]);
}

/** Returns when it ended: an instant later than it began. */
async function endDoor(em: EntityManager, door: DoorRow): Promise<number> {
  const untilMs = Math.max(await clockMs(em), door.since.getTime() + 1);
  door.until = new Date(untilMs);
  await em.flush();
  await foldFrom(em, door.site, untilMs, [door.fromArea, door.toArea]);
  return untilMs;
}

/** A worker's clock may be ahead of the database's: crossings of after the change may be folded by the doors before it. */
async function foldFrom(
  em: EntityManager,
  site: string,
  atMs: number,
  areas: readonly (string | null | undefined)[],
): Promise<void> {
  const ids = [site, ...areas].filter((area) => typeof area === 'string');
  await em.execute(
    `update areas set stale_from = least(stale_from, to_timestamp(?::double precision / 1000))
     where id in (select jsonb_array_elements_text(?::jsonb))`,
    [atMs, JSON.stringify(ids)],
  );
}

async function checkPlaces(em: EntityManager, site: string, id: string, door: Door): Promise<void> {
  for (const area of [door.from, door.to]) {
    if (area === null) continue;
    if (area === site) {
      throw new AppError(
        'input.invalid',
        'a door leads to an area of the site or outside (null), not to the site itself',
      );
    }
    if ((await em.count(AreaEntity, { id: area, site, deletedAt: null })) === 0)
      throw new AppError('site.not-found', `there is no area ${area} in the site ${site}`);
  }
  for (const line of door.twin === null ? [door] : [door, door.twin]) await checkLine(em, site, id, line);
}

async function checkLine(
  em: EntityManager,
  site: string,
  id: string,
  { camera, line }: { camera: string; line: string },
): Promise<void> {
  const cameras = await em.execute('select 1 from cameras where id = ? and deleted_at is null', [camera]);
  if (cameras.length === 0) throw new AppError('input.invalid', `there is no camera ${camera}`);
  const lines = await em.execute<{ id: string }[]>('select id from lines where camera = ? order by position', [camera]);
  if (!lines.some((row) => row.id === line)) {
    const has = lines.length === 0 ? 'none yet: draw one first' : lines.map((row) => row.id).join(', ');
    throw new AppError('input.invalid', `the camera ${camera} has no line ${line}; it has ${has}`);
  }
  const doors = await em.find(DoorEntity, { until: null });
  const other = doors
    .filter((row) => row.site !== site || row.id !== id)
    .find((row) => [row, row.twin].some((seen) => seen?.camera === camera && seen.line === line));
  if (other !== undefined) {
    const where = `the door ${other.name} of the site ${other.site}`;
    throw new AppError('site.conflict', `the line ${line} of the camera ${camera} belongs to ${where} already`);
  }
}

async function claimDoorId(em: EntityManager, site: string, asked: string | null, name: string): Promise<string> {
  const doors = await em.find(DoorEntity, { site, until: null });
  const taken = new Set(doors.map((door) => door.id));
  if (asked !== null) {
    if (taken.has(asked)) throw new AppError('site.conflict', `the site ${site} has a door ${asked} already`);
    return asked;
  }
  const stem = tokenFromName(name) || 'door';
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? stem : `${stem}-${String(n)}`;
    if (!taken.has(id)) return id;
  }
}
