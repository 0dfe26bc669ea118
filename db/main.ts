import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '#protocol/errors.ts';
import { backoffMs, DEFAULT_BACKOFF } from '#ops/runtime/backoff.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { ensureStreams } from '#ops/runtime/bus.streams.ts';
import { databaseUrlOf, readEnv } from '#ops/runtime/env.ts';
import { openLog } from '#ops/runtime/log.ts';
import { Shutdown } from '#ops/runtime/shutdown.ts';
import { openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { startAreaSync } from './projections/area-sync.ts';
import { startDeadLetterCopies } from './projections/dead-letter-copies.ts';
import { DesiredState } from './projections/desired-state.ts';
import { Outgoing } from './projections/outgoing.ts';
import { answerStats } from './projections/projector-stats.ts';
import { Projector } from './projections/projector.ts';
import { forgetLetters } from './schedules/dead-letters.ts';
import { WorkerOrdersPublisher } from './projections/worker-orders.ts';
import { WorkerRegistry } from './projections/worker-registry.ts';
import { makePartitions } from './schedules/partitions.ts';

const HOUSEKEEPING_EVERY_MS = 3_600_000;

/** The projector process: facts from JetStream into PostgreSQL, desired state back. Prints a JSON line when it serves. */
const env = readEnv();
const log = openLog('projector', env.logLevel);
const shutdown = new Shutdown(log);
shutdown.listen();

if (env.natsUrl === null) throw new AppError('config.invalid', 'the projector needs NATS_URL; `npm start` sets it');
const database = await openDatabase(databaseUrlOf(env), log);
shutdown.add('database', () => database.close());

/** A database that starts later than this process, or is full, is waited for. */
async function untilDone(what: string, work: () => Promise<void>): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    try {
      await work();
      return;
    } catch (cause) {
      const error = toAppError(cause);
      if (error.code !== 'storage.unavailable') throw error;
      log.warn({ what, error }, 'the database is not there yet: trying again');
      await sleep(backoffMs(DEFAULT_BACKOFF, failures, Math.random()));
    }
  }
}
await untilDone('migrations', () => migrate(database));
await untilDone('partitions', () => makePartitions(database, log, Date.now()));
const housekeeping = setInterval(() => {
  makePartitions(database, log, Date.now()).catch((error: unknown) => {
    log.warn({ error }, 'the partitions of the next days could not be made yet');
  });
  forgetLetters(database, log, Date.now()).catch((error: unknown) => {
    log.warn({ error }, 'old dead letters could not be forgotten yet');
  });
}, HOUSEKEEPING_EVERY_MS);
shutdown.add('housekeeping', () => {
  clearInterval(housekeeping);
});

const { natsUrl: url, natsUser: user, natsPasswordFile: passwordFile } = env;
const bus = await openBus({ url, user, passwordFile, name: 'projector', log });
shutdown.add('bus', () => bus.close());
await ensureStreams(bus);

const outgoing = await Outgoing.open(bus, log);
shutdown.add('outgoing', () => {
  outgoing.close();
});
const desired = await DesiredState.start({ database, bus, log, outgoing });
shutdown.add('desired state', () => {
  desired.close();
});
const areas = await startAreaSync({ database, bus, log, outgoing });
shutdown.add('areas', () => {
  areas.close();
});
const letters = startDeadLetterCopies({ database, bus, log });
shutdown.add('dead letters', () => {
  letters.close();
});
const orders = await WorkerOrdersPublisher.start({ database, bus, log });
shutdown.add('orders to workers', () => {
  orders.close();
});
const registry = await WorkerRegistry.start({ database, bus, log });
shutdown.add('worker registry', () => registry.close());
const projector = new Projector({
  database,
  bus,
  log,
  outgoing,
  onLeasesChanged: () => {
    desired.nudge();
  },
});
await untilDone('projector', () => projector.start());
shutdown.add('projector', () => {
  projector.close();
});
const stats = answerStats(bus, projector);
shutdown.add('stats', () => {
  stats.close();
});

log.info('projector serves');
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
