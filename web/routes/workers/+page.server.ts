import type { PageServerLoad } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { fleetNow } from '#web/lib/server/fleet-now.ts';

export const load: PageServerLoad = ({ depends }) => {
  depends('footfall:workers');
  return fleetNow(backend());
};
