import type { EntityManager } from '@mikro-orm/postgresql';
import { AppError } from '#protocol/errors.ts';
import type { Door } from '#protocol/sites.ts';
import { AreaEntity, DoorEntity, SiteEntity, type AreaRow, type DoorRow } from './entities/site.entity.ts';

export interface AreaView {
  readonly id: string;
  readonly name: string;
  readonly capacity: number | null;
  readonly baselineTo: number;
}

export interface DoorView extends Omit<Door, 'id'> {
  readonly id: string;
  /** Crossings before it do not count. */
  readonly sinceMs: number;
  /** Why it counts nobody, in a sentence; null: it counts. */
  readonly broken: string | null;
}

export interface SiteView {
  readonly id: string;
  readonly name: string;
  /** Raised by every change of the site, its areas and doors. */
  readonly revision: number;
  readonly timeZone: string;
  /** `HH:MM` by the site's clocks; null: no baseline on schedule. */
  readonly baselineAt: string | null;
  readonly capacity: number | null;
  readonly createdAtMs: number;
  readonly areas: readonly AreaView[];
  readonly doors: readonly DoorView[];
}

/** Sites that are not deleted, by name; `id` null: all. */
export async function loadSites(em: EntityManager, id: string | null): Promise<SiteView[]> {
  const one = id === null ? {} : { id };
  const of = id === null ? {} : { site: id };
  const sites = await em.find(SiteEntity, { ...one, deletedAt: null }, { refresh: true });
  const order = { orderBy: { name: 'asc', id: 'asc' }, refresh: true } as const;
  const areas = await em.find(AreaEntity, { ...of, deletedAt: null }, order);
  const doors = await em.find(DoorEntity, { ...of, until: null }, order);
  const lines = await em.execute<{ camera: string; id: string }[]>(
    'select l.camera, l.id from lines l join cameras c on c.id = l.camera where c.deleted_at is null',
  );
  const there = new Set(lines.map((line) => `${line.camera}/${line.id}`));
  const wholes = new Map(areas.filter((area) => area.id === area.site).map((area) => [area.id, area]));
  const views = sites.map((site): SiteView => {
    const whole = wholes.get(site.id);
    return {
      id: site.id,
      name: whole?.name ?? site.id,
      revision: site.revision,
      timeZone: site.timeZone,
      baselineAt: site.baselineAt ?? null,
      capacity: whole?.capacity ?? null,
      createdAtMs: site.createdAt.getTime(),
      areas: areas.filter((area) => area.site === site.id && area.id !== site.id).map(areaView),
      doors: doors.filter((door) => door.site === site.id).map((door) => doorView(door, there)),
    };
  });
  return views.sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
}

/** Throws site.not-found. */
export async function loadSite(em: EntityManager, id: string): Promise<SiteView> {
  const [site] = await loadSites(em, id);
  if (site === undefined) throw new AppError('site.not-found', `there is no site ${id}`);
  return site;
}

function areaView({ id, name, capacity, baselineTo }: AreaRow): AreaView {
  return { id, name, capacity: capacity ?? null, baselineTo };
}

function doorView(door: DoorRow, there: ReadonlySet<string>): DoorView {
  const { id, name, camera, line, since } = door;
  const broken = there.has(`${camera}/${line}`)
    ? null
    : `Camera ${camera} has no line ${line} any more: give the door another line, or draw the line again.`;
  return {
    id,
    name,
    camera,
    line,
    from: door.fromArea ?? null,
    to: door.toArea ?? null,
    twin: door.twin ?? null,
    sinceMs: since.getTime(),
    broken,
  };
}
