import type { LayoutServerLoad } from './$types';
import { backend } from '#web/lib/server/backend.ts';

/** Models that were brought beside the shipped one, and groups of workers. Without the database fewer are offered. */
export const load: LayoutServerLoad = async () => {
  const { cameras, workers } = backend();
  const [models, known] = await Promise.all([cameras.models().catch(() => []), workers.known().catch(() => [])]);
  const groups = [...known, ...workers.heard().map(({ heartbeat }) => heartbeat)].flatMap((worker) => worker.groups);
  return {
    models: [...new Set(models.filter(({ isShipped }) => !isShipped).map(({ name }) => name))],
    groups: [...new Set(groups)].sort(),
  };
};
