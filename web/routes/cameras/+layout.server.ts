import type { LayoutServerLoad } from './$types';
import { backend } from '#web/lib/server/backend.ts';

/** Names of the models that were brought beside the shipped one. Without the database none can be chosen just now. */
export const load: LayoutServerLoad = async () => {
  const models = await backend()
    .cameras.models()
    .catch(() => []);
  return { models: [...new Set(models.filter(({ isShipped }) => !isShipped).map(({ name }) => name))] };
};
