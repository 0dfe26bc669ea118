import type { EntityManager } from '@mikro-orm/postgresql';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { newBaselineSchema, type NewBaseline } from '#protocol/sites.ts';
import type { Database } from '../database.ts';
import { shareSites } from '../site-lock.ts';
import { SITES_CHANNEL, siteRow } from './sites.ts';

const DAY_MS = 24 * 3_600_000;
const MAX_AGE_DAYS = 7;
/** A page's clock may go a little ahead. */
const LEEWAY_MS = 2_000;

export interface Baselines {
  readonly areas: ReadonlyMap<string, number>;
  readonly atMs: number;
  /** null: the schedule. */
  readonly author: string | null;
  readonly note: string;
}

/**
 * Records what somebody counted; the projector folds it in within a moment. Author and note stay with it, and what the count
 * was off by becomes a drift correction. Throws input.invalid, site.not-found, site.conflict (there is one at that instant).
 */
export async function setBaseline(database: Database, site: string, input: NewBaseline): Promise<{ atMs: number }> {
  const { areas, atMs, by: author, note } = parse(newBaselineSchema, input);
  const now = Date.now();
  const at = atMs ?? now;
  if (at > now + LEEWAY_MS) throw new AppError('input.invalid', 'a baseline cannot lie in the future');
  if (at < now - MAX_AGE_DAYS * DAY_MS) {
    throw new AppError('input.invalid', `a baseline can be set at most ${String(MAX_AGE_DAYS)} days back`);
  }
  await database.write(async (em) => {
    await siteRow(em, site);
    const wanted = new Map(Object.entries(areas));
    const made = await makeBaselines(em, site, { areas: wanted, atMs: at, author, note });
    if (made < wanted.size) throw new AppError('site.conflict', 'there is a baseline at that very instant already');
  });
  return { atMs: at };
}

/**
 * Sets areas of a site, and the whole to their sum where all are named. One that is there already stands. Returns how many
 * are new. Throws site.not-found.
 */
export async function makeBaselines(em: EntityManager, site: string, baselines: Baselines): Promise<number> {
  const { areas, atMs, author, note } = baselines;
  await shareSites(em);
  const rows = await em.execute<{ id: string }[]>(
    'select id from areas where site = ? and deleted_at is null order by id for update',
    [site],
  );
  const known = new Set(rows.map(({ id }) => id));
  for (const area of areas.keys()) {
    if (!known.has(area)) throw new AppError('site.not-found', `there is no area ${area} in the site ${site}`);
  }
  const parts = [...known].filter((id) => id !== site);
  const all = new Map(areas);
  if (!areas.has(site) && parts.length > 0 && parts.every((id) => areas.has(id))) {
    all.set(
      site,
      parts.reduce((sum, id) => sum + (areas.get(id) ?? 0), 0),
    );
  }
  const at = 'to_timestamp(?::double precision / 1000)';
  const made = await em.execute<{ area: string }[]>(
    `insert into area_baselines (area, at, occupancy, author, note)
     select area, ${at}, occupancy, ?, ? from jsonb_to_recordset(?::jsonb) as f(area text, occupancy integer)
     on conflict do nothing returning area`,
    [atMs, author, note, JSON.stringify([...all].map(([area, occupancy]) => ({ area, occupancy })))],
  );
  await em.execute(
    `update areas set stale_from = least(stale_from, ${at}) where id in (select jsonb_array_elements_text(?::jsonb))`,
    [atMs, JSON.stringify(made.map(({ area }) => area))],
  );
  await em.execute(`notify ${SITES_CHANNEL}`);
  return made.length;
}
