import { AppError } from '#protocol/errors.ts';
import { activateModel } from '#db/commands/models.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { modelsFolder } from '#ops/runtime/paths.ts';
import { withProductDatabase } from '../start/product-database.ts';
import { registerStored } from './register.ts';

/** `footfall model activate`. Rejects when the product does not run: its cameras' settings are in its database. */
export async function activate(wanted: string): Promise<number> {
  const env = readEnv();
  const active = await withProductDatabase(env, async (database) => {
    await registerStored(database, modelsFolder(env));
    return activateModel(database, wanted);
  });
  if (active === null) {
    throw new AppError(
      'setup.missing',
      `the product does not run in ${env.dataDir}: start it (npm start) and try again, or set FOOTFALL_DATA to its folder`,
    );
  }
  process.stdout.write(`${active} is active: cameras that name no model take it within seconds\n`);
  return 0;
}
