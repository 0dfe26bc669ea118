import type { PageServerLoad } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { camerasToShow } from '#web/lib/server/camera-list.ts';

export const load: PageServerLoad = ({ depends }) => {
  depends('footfall:cameras');
  return camerasToShow(backend());
};
