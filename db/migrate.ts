import type { Database } from './database.ts';

/** Any number that nobody else uses as an advisory lock in this database. */
const LOCK = 7_300_414;

/** Brings the tables up to date; several processes may try at once, one does. Throws storage.unavailable. */
export async function migrate(database: Database): Promise<void> {
  await database.write(async (em) => {
    await em.execute('select pg_advisory_xact_lock(?)', [LOCK]);
    const ran = await database.orm.migrator.up({ transaction: em.getTransactionContext() });
    if (ran.length > 0)
      database.log.info({ migrations: ran.map(({ name }) => name) }, 'brought the database up to date');
  });
}
