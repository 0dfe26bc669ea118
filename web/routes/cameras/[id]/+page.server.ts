import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { camerasToShow } from '#web/lib/server/camera-list.ts';

const PERIOD_MS = 5 * 60_000;
const PERIODS = 12;

export const load: PageServerLoad = async ({ params, depends }) => {
  depends('footfall:cameras');
  const { cameras, notice } = await camerasToShow(backend());
  const camera = cameras.find(({ id }) => id === params.id);
  if (camera === undefined) error(404, { message: 'There is no camera with this name, or it was deleted.' });
  // Without the database the picture and the live numbers still stand; the chart stays empty.
  const history = await backend()
    .cameras.history(params.id, Date.now(), PERIOD_MS, PERIODS)
    .catch(() => null);
  return { camera, notice, history };
};
