import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { camerasToShow } from '#web/lib/server/camera-list.ts';

export const load: PageServerLoad = async ({ params, depends }) => {
  depends('footfall:cameras');
  const { cameras, notice } = await camerasToShow(backend());
  const camera = cameras.find(({ id }) => id === params.id);
  if (camera === undefined) error(404, { message: 'There is no camera with this name, or it was deleted.' });
  return { camera, notice };
};
