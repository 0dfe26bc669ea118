import { fork, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Line } from '#protocol/geometry.ts';
import { leaseRecordSchema } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import { createCamera } from '#db/commands/cameras.ts';
import { openDatabase, type Database } from '#db/database.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { childEnv } from '#ops/runtime/env.ts';
import { projectRoot } from '#ops/runtime/paths.ts';
import { openSealer } from '#ops/runtime/seal.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestNats, type TestNats } from '#ops/testkit/nats.ts';
import { openTestPostgres, type TestPostgres } from '#ops/testkit/postgres.ts';
import type { VirtualWorkerOptions } from './virtual-worker.process.ts';

const AT_ONCE = 8;
const LINE: Line = { id: 'door', name: 'Door', p1: [0.2, 0.5], p2: [0.8, 0.5], anchor: 'foot' };

/** A real nats-server, PostgreSQL and projector, and workers with virtual cameras. The opener closes it. */
export class Fleet {
  readonly nats: TestNats;
  readonly postgres: TestPostgres;
  readonly database: Database;
  readonly bus: Bus;
  readonly projector: ChildProcess;
  readonly workers = new Map<string, ChildProcess>();
  /** Holder of each camera that has one, and its lease. */
  readonly holders = new Map<string, { readonly worker: string; readonly leaseId: string }>();
  readonly #folder: string;

  private constructor(
    folder: string,
    parts: { nats: TestNats; postgres: TestPostgres; database: Database; bus: Bus; projector: ChildProcess },
  ) {
    this.#folder = folder;
    this.nats = parts.nats;
    this.postgres = parts.postgres;
    this.database = parts.database;
    this.bus = parts.bus;
    this.projector = parts.projector;
  }

  static async open(): Promise<Fleet> {
    const folder = mkdtempSync(join(tmpdir(), 'footfall-fleet-'));
    const [nats, postgres] = await Promise.all([openTestNats(), openTestPostgres()]);
    const projector = await startProjector(nats, postgres);
    const { url, user, passwordFile } = nats;
    const bus = await openBus({ url, user, passwordFile, name: 'bench', log: silentLog });
    const database = await openDatabase(postgres.url, silentLog);
    const fleet = new Fleet(folder, { nats, postgres, database, bus, projector });
    const leases = await bus.bucket(buckets.leases, leaseRecordSchema);
    leases.watch(({ key, value }) => {
      if (value === null || value.released) fleet.holders.delete(key);
      else fleet.holders.set(key, { worker: value.worker, leaseId: value.leaseId });
    });
    return fleet;
  }

  async addCameras(count: number): Promise<void> {
    const keyFile = join(this.#folder, 'key');
    writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const sealer = openSealer(keyFile);
    const names = Array.from({ length: count }, (_, i) => `cam-${String(i + 1)}`);
    const add = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        const mainUrl = `rtsp://127.0.0.1:9/${name}`;
        await createCamera(this.database, sealer, { name, mainUrl, analysisFps: 5, lines: [LINE], zones: [] });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, add));
  }

  startWorker(worker: string, capacity: number, crossingEveryMs: number): void {
    const { url, user, passwordFile } = this.nats;
    const nats = { url, user, passwordFile };
    const options: VirtualWorkerOptions = { worker, folder: this.#folder, capacity, crossingEveryMs, nats };
    const file = new URL('virtual-worker.process.ts', import.meta.url);
    this.workers.set(worker, fork(file, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  }

  /** kill -9. Returns the cameras it held. */
  killWorker(worker: string): Map<string, string> {
    const held = [...this.holders].filter(([, holder]) => holder.worker === worker);
    this.workers.get(worker)?.kill('SIGKILL');
    this.workers.delete(worker);
    return new Map(held.map(([camera, { leaseId }]) => [camera, leaseId]));
  }

  /** Cameras held, by worker. */
  spread(): Map<string, number> {
    const spread = new Map<string, number>();
    for (const { worker } of this.holders.values()) spread.set(worker, (spread.get(worker) ?? 0) + 1);
    return spread;
  }

  async rows<T>(sql: string, ...parameters: unknown[]): Promise<T[]> {
    return this.database.read((em) => em.execute<T[]>(sql, parameters));
  }

  async close(): Promise<void> {
    for (const child of [...this.workers.values(), this.projector]) child.kill('SIGKILL');
    await this.bus.close();
    await this.database.close();
    await Promise.all([this.nats.close(), this.postgres.close()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function startProjector(nats: TestNats, postgres: TestPostgres): Promise<ChildProcess> {
  const url = new URL(postgres.url);
  url.password = '';
  const child = spawn(process.execPath, ['db/main.ts'], {
    cwd: projectRoot,
    env: childEnv({
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD_FILE: nats.passwordFile,
      DATABASE_URL: url.href,
      DATABASE_PASSWORD_FILE: join(postgres.folder, 'password'),
      FOOTFALL_LOG: 'warn',
    }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}
