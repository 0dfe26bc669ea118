import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';
import { SITES_CHANNEL } from '../commands/sites.ts';
import type { Database } from '../database.ts';
import { areaMessages } from '../queries/areas.ts';
import { makeDueBaselines } from '../schedules/baselines.ts';
import { foldStale } from './areas.ts';
import type { Outgoing } from './outgoing.ts';
import { Resync } from './resync.ts';

export interface AreaSyncOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
  readonly outgoing: Outgoing;
}

/**
 * What changes areas besides crossings: commands, baselines that are due, midnight. Makes the baselines, folds anew what is
 * out of date and makes the bucket `areas` equal the tables. Resolves when that was done once, or found impossible for now.
 */
export async function startAreaSync({ database, bus, log, outgoing }: AreaSyncOptions): Promise<Closable> {
  const resync = new Resync({
    database,
    bus,
    channel: SITES_CHANNEL,
    async work() {
      await makeDueBaselines(database, Date.now());
      await foldStale(database);
      outgoing.tellAreas(await database.read((em) => areaMessages(em, Date.now(), null)), true);
    },
    onError(error) {
      log.warn({ error }, 'the areas could not be folded or published: trying again');
    },
    onReconnect() {
      outgoing.forgetAreas();
    },
  });
  await resync.run();
  return resync;
}
