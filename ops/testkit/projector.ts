import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watermarkKey, watermarkSchema, type Watermark } from '#protocol/leases.ts';
import { countsMessageSchema, type CountsMessage } from '#protocol/live.ts';
import { buckets } from '#protocol/streams.ts';
import { openOutbox, type Outbox } from '#actors/publishing/outbox.ts';
import { openDatabase, type Database } from '#db/database.ts';
import { migrate } from '#db/migrate.ts';
import { startAreaSync } from '#db/projections/area-sync.ts';
import { startDeadLetterCopies } from '#db/projections/dead-letter-copies.ts';
import { DesiredState } from '#db/projections/desired-state.ts';
import { Outgoing } from '#db/projections/outgoing.ts';
import { answerStats } from '#db/projections/projector-stats.ts';
import { Projector } from '#db/projections/projector.ts';
import { WorkerOrdersPublisher } from '#db/projections/worker-orders.ts';
import { WorkerRegistry } from '#db/projections/worker-registry.ts';
import { makePartitions } from '#db/schedules/partitions.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { ensureStreams } from '#ops/runtime/bus.streams.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { openSealer, type Sealer } from '#ops/runtime/seal.ts';
import { silentLog } from './log.ts';
import { openTestNats, type TestNats } from './nats.ts';
import { openTestPostgres, type TestPostgres } from './postgres.ts';

/** Whose facts the tests' are. */
const WORKER = 'w-1';

/** A projector at work between a real nats-server and a real PostgreSQL. */
export interface TestProjector {
  readonly nats: TestNats;
  readonly postgres: TestPostgres;
  readonly bus: Bus;
  readonly database: Database;
  readonly sealer: Sealer;
  rows<T>(sql: string, ...params: unknown[]): Promise<T[]>;
  /** Ids of the camera's accepted facts, in the order of crossing. */
  accepted(camera: string): Promise<string[]>;
  /** The camera's rejected messages: key and reason. */
  rejected(camera: string): Promise<Record<string, string>>;
  watermark(lease: { leaseId: string }): Promise<Watermark | null>;
  countsInBucket(camera: string): Promise<CountsMessage | null>;
  /** Another projector on the same servers, as after a takeover that came too early. */
  startSecond(): Promise<Closable>;
  /** Ends the projector and starts one anew, as after a crash between two batches. */
  restart(): Promise<void>;
  /** An outbox that repeats after a second instead of thirty. */
  openOutbox(): Promise<Outbox>;
  close(): Promise<void>;
}

export async function openTestProjector(nowMs: number): Promise<TestProjector> {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-projector-'));
  writeFileSync(join(folder, 'key'), randomBytes(32).toString('hex'));
  const [nats, postgres] = await Promise.all([openTestNats(), openTestPostgres()]);
  const bus = await openBus({
    url: nats.url,
    user: nats.user,
    passwordFile: nats.passwordFile,
    name: 'test',
    log: silentLog,
  });
  await ensureStreams(bus);
  const database = await openDatabase(postgres.url, silentLog);
  await migrate(database);
  await makePartitions(database, silentLog, nowMs);
  const outgoing = await Outgoing.open(bus, silentLog);
  const desired = await DesiredState.start({ database, bus, log: silentLog, outgoing });
  const areas = await startAreaSync({ database, bus, log: silentLog, outgoing });
  const copies = startDeadLetterCopies({ database, bus, log: silentLog });
  const orders = await WorkerOrdersPublisher.start({ database, bus, log: silentLog });
  const registry = await WorkerRegistry.start({ database, bus, log: silentLog });
  const onLeasesChanged = (): void => {
    desired.nudge();
  };
  const started = async (): Promise<Projector> => {
    const one = new Projector({ database, bus, log: silentLog, outgoing, onLeasesChanged });
    await one.start();
    return one;
  };
  let projector = await started();
  const stats = answerStats(bus, {
    get paused() {
      return projector.paused;
    },
  });
  const watermarks = await bus.bucket(buckets.watermarks, watermarkSchema);
  const counts = await bus.bucket(buckets.counts, countsMessageSchema);
  const rows = <T>(sql: string, ...params: unknown[]): Promise<T[]> =>
    database.read((em) => em.execute<T[]>(sql, params));
  let outboxes = 0;
  return {
    nats,
    postgres,
    bus,
    database,
    sealer: openSealer(join(folder, 'key')),
    rows,
    async accepted(camera) {
      const sql = 'select fact_id from counting_results where camera = ? order by crossed_at';
      return (await rows<{ fact_id: string }>(sql, camera)).map((row) => row.fact_id);
    },
    async rejected(camera) {
      const sql = 'select key, reason from rejected_messages where camera = ?';
      const found = await rows<{ key: string; reason: string }>(sql, camera);
      return Object.fromEntries(found.map(({ key, reason }) => [key, reason]));
    },
    watermark: async ({ leaseId }) => (await watermarks.get(watermarkKey({ worker: WORKER, leaseId })))?.value ?? null,
    countsInBucket: async (camera) => (await counts.get(camera))?.value ?? null,
    startSecond: started,
    async restart() {
      projector.close();
      projector = await started();
    },
    openOutbox() {
      const file = join(folder, `outbox-${String((outboxes += 1))}.sqlite`);
      return openOutbox({ file, worker: WORKER, bus, log: silentLog, clock: new SlewedClock(), settleLimitMs: 1_000 });
    },
    async close() {
      projector.close();
      desired.close();
      areas.close();
      copies.close();
      stats.close();
      orders.close();
      await registry.close();
      outgoing.close();
      await bus.close();
      await database.close();
      await Promise.all([nats.close(), postgres.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}
