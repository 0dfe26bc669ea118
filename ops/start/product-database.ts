import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { openDatabase, type Database } from '#db/database.ts';
import { childEnv, databaseUrlOf, parseEnv, type Env } from '#ops/runtime/env.ts';
import { openLog } from '#ops/runtime/log.ts';

/**
 * Runs with the database of the product in this data folder: the one the environment names, else the embedded one. null
 * when the product does not run, or never did.
 */
export async function withProductDatabase<T>(env: Env, work: (database: Database) => Promise<T>): Promise<T | null> {
  const settings = env.databaseUrl === null ? embedded(env) : env;
  if (settings === null) return null;
  const database = await openDatabase(databaseUrlOf(settings), openLog('footfall', 'error'));
  try {
    return await work(database);
  } catch (error) {
    const isAway = error instanceof AppError && error.code === 'storage.unavailable';
    if (isAway && env.databaseUrl === null) return null;
    throw error;
  } finally {
    await database.close();
  }
}

/** As the launcher starts it (`ops/start/plan.ts`). */
function embedded({ dataDir }: Env): Env | null {
  const ports = join(dataDir, 'ports.json');
  if (!existsSync(ports)) return null;
  const { postgres } = JSON.parse(readFileSync(ports, 'utf8')) as { postgres: number };
  return parseEnv({
    ...childEnv(),
    DATABASE_URL: `postgresql://footfall@127.0.0.1:${String(postgres)}/postgres`,
    DATABASE_PASSWORD_FILE: join(dataDir, 'secrets', 'postgres.password'),
  });
}
