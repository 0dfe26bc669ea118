import type { EntityManager } from '@mikro-orm/postgresql';

/** Any number that nobody else uses as an advisory lock in this database. */
const SITES_LOCK = 7_300_416;

/**
 * Held to the end of a transaction that changes sites, areas or doors. Every crossing is folded by the doors of its time: the
 * batch that stores it either ends before the change, which folds anew from then on, or sees the new door.
 */
export async function lockSites(em: EntityManager): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(?)', [SITES_LOCK]);
}

/** Held to the end of a transaction that folds or sets areas, several at a time; they lock rows of areas by order of id. */
export async function shareSites(em: EntityManager): Promise<void> {
  await em.execute('select pg_advisory_xact_lock_shared(?)', [SITES_LOCK]);
}
