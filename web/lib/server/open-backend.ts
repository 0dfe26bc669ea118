import { openDatabase } from '#db/database.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { databaseUrlOf, readSecretFile, type Env } from '#ops/runtime/env.ts';
import type { Log } from '#ops/runtime/log.ts';
import { openSealer } from '#ops/runtime/seal.ts';
import type { Shutdown } from '#ops/runtime/shutdown.ts';
import { AppError } from '#protocol/errors.ts';
import type { Backend } from './backend.ts';
import { storeOf } from './camera-store.ts';
import { deadLetterStoreOf } from './dead-letter-store.ts';
import { HeardWorkers } from './heard-workers.ts';
import { LiveHub } from './live-hub.ts';
import { siteStoreOf } from './site-store.ts';
import { truthStoreOf } from './truth-store.ts';
import { openViewing } from './viewing.ts';
import { workerStoreOf } from './worker-store.ts';

/** Opens bus and database as the environment says, and hands their ends to the shutdown. Throws config.invalid. */
export async function openBackend(env: Env, log: Log, shutdown: Shutdown): Promise<Backend> {
  if (env.natsUrl === null || env.sealKeyFile === null) {
    throw new AppError(
      'config.invalid',
      'NATS_URL and FOOTFALL_SEAL_KEY_FILE must be set: start through `npm start`, or set them to your own',
    );
  }
  const sealer = openSealer(env.sealKeyFile);
  const turnSecret = env.turnSecretFile === null ? null : readSecretFile(env.turnSecretFile);
  const database = await openDatabase(databaseUrlOf(env), log);
  shutdown.add('database', () => database.close());
  const bus = await openBus({
    url: env.natsUrl,
    user: env.natsUser,
    passwordFile: env.natsPasswordFile,
    name: 'footfall-web',
    log,
  });
  shutdown.add('bus', () => bus.close());
  const hub = await LiveHub.open(bus);
  shutdown.add('live hub', () => {
    hub.close();
  });
  const heard = await HeardWorkers.open(bus);
  shutdown.add('workers', () => {
    heard.close();
  });
  const workers = workerStoreOf(database, heard);
  const truths = truthStoreOf(database);
  const sites = siteStoreOf(database);
  const viewing = openViewing(env, turnSecret, bus);
  const deadLetters = deadLetterStoreOf(database, bus);
  const cameras = storeOf(database, sealer);
  return { bus, cameras, truths, sites, deadLetters, workers, hub, viewing, sealer, log, host: env.host };
}
