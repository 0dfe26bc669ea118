import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leaseRecordSchema, type LeaseRecord } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import { createScene } from '#media/simulator/scene.ts';
import { createCamera } from '#db/commands/cameras.ts';
import { openDatabase, type Database } from '#db/database.ts';
import { Farm } from '#ops/bench/cameras/farm.ts';
import type { FarmCamera } from '#ops/bench/cameras/farm.process.ts';
import { ANALYSIS_FPS } from '#ops/bench/cameras/watched-farm.ts';
import { LOOPS } from '#ops/bench/cameras/loops.ts';
import { openBus } from '#ops/runtime/bus.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { openSealer } from '#ops/runtime/seal.ts';
import { nodeService } from '#ops/start/node-service.ts';
import { ensureSecrets } from '#ops/start/secrets.ts';
import { freePort } from '#ops/start/tcp.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { TestNatsCluster } from '#ops/testkit/nats-cluster.ts';
import { openTestPostgres, type TestPostgres } from '#ops/testkit/postgres.ts';
import { Gate } from './gate.ts';
import { Part } from './part.ts';
import { SmallDisk } from './small-disk.ts';
import { Watch } from './watch.ts';

const READY_LIMIT_MS = 60_000;
const ALL_SEEN_WITHIN_MS = 90_000;
const WARNINGS_EACH = 40;

/** A worker with the only ways it has to NATS. */
export interface RiggedWorker {
  readonly id: string;
  readonly part: Part;
  readonly outboxFile: string;
  readonly gates: readonly Gate[];
  /** Where its outbox is; null: this machine lets us mount none. */
  readonly disk: SmallDisk | null;
}

/** When a worker could not work, or a camera could not be seen by anybody, epoch ms; `untilMs` null: still. */
export interface Outage {
  readonly of: string;
  /** What it knew is gone with it. */
  readonly isDeath: boolean;
  readonly fromMs: number;
  untilMs: number | null;
}

export type Holder = Pick<LeaseRecord, 'leaseId' | 'worker' | 'takenFrom'>;

/**
 * A whole installation on one machine: three NATS servers, PostgreSQL, two workers, two projectors, a web server, and
 * simulated cameras whose truth is known. Everything dies with this process. The opener closes it.
 */
export class Rig {
  readonly folder: string;
  readonly nats: TestNatsCluster;
  readonly postgres: TestPostgres;
  readonly farm: Farm;
  readonly cameras: readonly FarmCamera[];
  readonly workers: readonly RiggedWorker[];
  readonly projectors: readonly Part[];
  readonly web: Part;
  readonly webUrl: string;
  readonly bus: Bus;
  readonly watch: Watch;
  readonly database: Database;
  readonly outages: Outage[] = [];

  private constructor(parts: Omit<RigParts, 'watch'>) {
    this.folder = parts.folder;
    this.nats = parts.nats;
    this.postgres = parts.postgres;
    this.farm = parts.farm;
    this.cameras = parts.cameras;
    this.workers = parts.workers;
    this.projectors = parts.projectors;
    this.web = parts.web;
    this.webUrl = parts.webUrl;
    this.bus = parts.bus;
    this.database = parts.database;
    this.watch = new Watch(parts.bus, parts.workers);
  }

  /** Resolves when somebody looks at every camera. */
  static async open(cameraCount: number, cacheDir: string): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), 'footfall-chaos-'));
    mkdirSync(join(folder, 'logs'));
    const secrets = ensureSecrets(folder);
    const [nats, postgres] = await Promise.all([TestNatsCluster.open(), openTestPostgres()]);
    const cameras = LOOPS.filter(({ isEmpty }) => !isEmpty)
      .slice(0, cameraCount)
      .map((loop, i) => ({ name: `cam-${String(i + 1)}`, loop, gop: 7 * i }));
    const farm = await Farm.open(cameras, cacheDir);
    const settings = {
      FOOTFALL_DATA: folder,
      FOOTFALL_SEAL_KEY_FILE: secrets.sealKey,
      FOOTFALL_RELAY: 'werift',
      FOOTFALL_INFERENCE_THREADS: '1',
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD_FILE: nats.passwordFile,
      DATABASE_URL: postgres.url,
    };
    const part = (name: string, entry: string, own: Readonly<Record<string, string>> = {}): Part =>
      new Part(
        nodeService({
          name,
          entry,
          env: () => ({ ...settings, ...own }),
          logFile: join(folder, 'logs', `${name}.log`),
          readyLimitMs: READY_LIMIT_MS,
        }),
      );
    const workers = await Promise.all(
      ['worker-1', 'worker-2'].map(async (id) => {
        const disk = SmallDisk.mount(join(folder, id));
        const gates = await Promise.all(nats.nodes.map(({ port }) => Gate.open(port)));
        const url = gates.map(({ port }) => `nats://127.0.0.1:${String(port)}`).join(',');
        const outboxFile = join(folder, id, 'outbox.sqlite');
        return {
          id,
          gates,
          outboxFile,
          disk,
          part: part(id, 'actors/main.ts', { FOOTFALL_WORKER_ID: id, NATS_URL: url }),
        };
      }),
    );
    const webPort = await freePort();
    const web = part('web', 'web/main.ts', { FOOTFALL_HTTP_PORT: String(webPort) });
    const webUrl = `http://127.0.0.1:${String(webPort)}`;
    const projectors = ['projector-1', 'projector-2'].map((name) => part(name, 'db/main.ts'));
    for (const projector of projectors) await projector.start();
    const { url, user, passwordFile } = nats;
    const bus = await openBus({ url, user, passwordFile, name: 'chaos', log: silentLog });
    const database = await openDatabase(postgres.url, silentLog);
    const parts = { folder, nats, postgres, farm, cameras, workers, projectors, web, webUrl, bus, database };
    const rig = new Rig(parts);
    try {
      for (const camera of cameras) await rig.#add(camera, secrets.sealKey);
      await Promise.all([...workers.map((worker) => worker.part.start()), web.start()]);
      await rig.watch.untilAllSeen(rig.cameraNames, Date.now(), ALL_SEEN_WITHIN_MS);
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }

  get cameraNames(): readonly string[] {
    return this.cameras.map(({ name }) => name);
  }

  /** Which lease each camera is counted under, and whose it is. */
  async holders(): Promise<Map<string, Holder>> {
    const leases = await this.bus.bucket(buckets.leases, leaseRecordSchema);
    const found = new Map<string, Holder>();
    for (const camera of this.cameraNames) {
      const record = (await leases.get(camera))?.value ?? null;
      if (record !== null) found.set(camera, record);
    }
    return found;
  }

  /** Something cannot work from now on. Call the result when it can again. */
  outage(of: string, isDeath = false): () => void {
    const outage: Outage = { of, isDeath, fromMs: Date.now(), untilMs: null };
    this.outages.push(outage);
    return () => {
      outage.untilMs ??= Date.now();
    };
  }

  /** The last that each process complained of. */
  warnings(): string[] {
    const logs = join(this.folder, 'logs');
    return readdirSync(logs).flatMap((name) => {
      const lines = readFileSync(join(logs, name), 'utf8').split('\n');
      const complaints = lines.filter((line) => /"level":"(warn|error|fatal)"/.test(line)).slice(-WARNINGS_EACH);
      return complaints.map((line) => `${name}: ${line}`);
    });
  }

  async close(): Promise<void> {
    this.watch.close();
    await this.database.close().catch(() => undefined);
    await this.bus.close();
    const parts = [...this.workers.map(({ part }) => part), ...this.projectors, this.web];
    await Promise.all(parts.map((part) => part.kill()));
    this.farm.close();
    for (const { gates } of this.workers) for (const gate of gates) await gate.close();
    await Promise.all([this.nats.close(), this.postgres.close()]);
    for (const { disk } of this.workers) disk?.unmount();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #add({ name, loop }: FarmCamera, sealKeyFile: string): Promise<void> {
    const { line } = createScene(loop.scene, loop.seed);
    await createCamera(this.database, openSealer(sealKeyFile), {
      id: name,
      name,
      mainUrl: this.farm.urlOf(name),
      analysisFps: ANALYSIS_FPS,
      lines: [{ ...line, anchor: 'foot' }],
    });
  }
}

type RigParts = Pick<
  Rig,
  | 'folder'
  | 'nats'
  | 'postgres'
  | 'farm'
  | 'cameras'
  | 'workers'
  | 'projectors'
  | 'web'
  | 'webUrl'
  | 'bus'
  | 'database'
  | 'watch'
>;
