import { toAppError } from '#protocol/errors.ts';
import { waitingOf, workersOf, type Fleet } from '../fleet/fleet.ts';
import type { Backend } from './backend.ts';

/** The fleet as it is now. While the database is away, those that are heard, without what was ordered of them. */
export async function fleetNow({ workers, hub, log }: Pick<Backend, 'workers' | 'hub' | 'log'>): Promise<Fleet> {
  const heard = workers.heard();
  let notice: string | null = null;
  const known = await workers.known().catch((thrown: unknown) => {
    log.warn({ error: toAppError(thrown) }, 'the list of workers comes from the bus, the database does not answer');
    notice = 'The database does not answer: workers that are gone are missing here, and none can be ordered anything.';
    return [];
  });
  const list = workersOf(known, heard, Date.now());
  const isAnybodyHeard = list.some(({ state }) => state !== 'silent');
  return { workers: list, waiting: waitingOf(hub.cameras(), hub.states(), isAnybodyHeard), notice };
}
