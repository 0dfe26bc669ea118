import { addModel } from '#db/commands/models.ts';
import type { Database } from '#db/database.ts';
import { models } from '#db/queries/models.ts';
import { storedModels } from './model-store.ts';

/** Makes known to the product what was put into its folder while it did not run. */
export async function registerStored(database: Database, folder: string): Promise<void> {
  const known = new Set((await models(database)).map(({ ref }) => ref));
  for (const { ref, row } of await storedModels(folder)) if (!known.has(ref)) await addModel(database, row);
}
