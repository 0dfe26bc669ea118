import { isDeepStrictEqual } from 'node:util';
import { workerHeartbeatSchema, type WorkerHeartbeat } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';
import { isRowAtFault, type Database } from '../database.ts';

/** A worker that goes on as before is noted so often; what changed about it, at once. */
const NOTED_EVERY_MS = 30_000;
const RETRY_MS = 2_000;

export interface WorkerRegistryOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
}

/** Keeps the table `workers` by their heartbeats, so that one that is gone is still known, with when it was heard last. */
export class WorkerRegistry {
  readonly #options: WorkerRegistryOptions;
  /** As heard last, and as noted last: an entry a worker. */
  readonly #heard = new Map<string, WorkerHeartbeat>();
  readonly #noted = new Map<string, WorkerHeartbeat>();
  readonly #gone = new Set<string>();
  #watch: Closable | null = null;
  #noting: Promise<void> | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  private constructor(options: WorkerRegistryOptions) {
    this.#options = options;
  }

  /** Resolves once those that are there were heard, and noted or found impossible to note for now. */
  static async start(options: WorkerRegistryOptions): Promise<WorkerRegistry> {
    const registry = new WorkerRegistry(options);
    const bucket = await options.bus.bucket(buckets.workers, workerHeartbeatSchema);
    await new Promise<void>((resolve) => {
      registry.#watch = bucket.watch(({ key, value }) => {
        registry.#hear(key, value);
      }, resolve);
    });
    await registry.#noting;
    return registry;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch?.close();
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#noting;
  }

  #hear(worker: string, heartbeat: WorkerHeartbeat | null): void {
    if (heartbeat !== null) this.#heard.set(worker, heartbeat);
    if (heartbeat !== null || !this.#heard.has(worker)) this.#gone.delete(worker);
    else this.#gone.add(worker);
    this.#note();
  }

  #note(): void {
    if (this.#isClosed || this.#retry !== null) return;
    this.#noting ??= this.#noteDue().finally(() => {
      this.#noting = null;
    });
  }

  async #noteDue(): Promise<void> {
    try {
      for (let due = this.#due(); due.length > 0; due = this.#due()) {
        for (const heartbeat of due) await this.#noteOne(heartbeat);
      }
    } catch (error) {
      this.#options.log.warn({ error }, 'the workers could not be noted: trying again');
      this.#retry = setTimeout(() => {
        this.#retry = null;
        this.#note();
      }, RETRY_MS);
    }
  }

  async #noteOne(heartbeat: WorkerHeartbeat): Promise<void> {
    const { worker } = heartbeat;
    try {
      await this.#options.database.write((em) => em.execute(NOTE, valuesOf(heartbeat)));
    } catch (error) {
      if (!isRowAtFault(error)) throw error;
      this.#options.log.error({ worker, error }, 'what a worker says of itself cannot be stored');
    }
    this.#noted.set(worker, heartbeat);
  }

  #due(): WorkerHeartbeat[] {
    return [...this.#heard.values()].filter((heartbeat) => {
      const noted = this.#noted.get(heartbeat.worker);
      return isDue(noted, heartbeat) || (this.#gone.has(heartbeat.worker) && noted?.atMs !== heartbeat.atMs);
    });
  }
}

/** Whether it is time to note a heartbeat again. What changes all the time (load, cameras) does not matter. */
export function isDue(noted: WorkerHeartbeat | undefined, heartbeat: WorkerHeartbeat): boolean {
  if (noted === undefined || heartbeat.atMs - noted.atMs >= NOTED_EVERY_MS) return true;
  return heartbeat.atMs > noted.atMs && !isDeepStrictEqual(lasting(noted), lasting(heartbeat));
}

function lasting({ bootId, host, capacity, version, cores, addresses, groups }: WorkerHeartbeat): object {
  return { bootId, host, capacity, version, cores, addresses, groups };
}

/** A heartbeat that was heard late, or by a second projector too, changes nothing. */
const NOTE = `insert into workers (
    id, host, version, capacity, cores, inferences_per_second, addresses, groups, boot_id, started_at, first_seen_at, last_seen_at
  ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (id) do update set
    host = excluded.host, version = excluded.version, capacity = excluded.capacity, cores = excluded.cores,
    inferences_per_second = excluded.inferences_per_second, addresses = excluded.addresses, groups = excluded.groups,
    boot_id = excluded.boot_id, started_at = excluded.started_at, last_seen_at = excluded.last_seen_at
  where workers.last_seen_at < excluded.last_seen_at`;

function valuesOf(heartbeat: WorkerHeartbeat): unknown[] {
  const { worker, host, version, capacity, cores, inferencesPerSecond, addresses, groups, bootId } = heartbeat;
  const [startedAtMs, seenAt] = [heartbeat.startedAtMs, new Date(heartbeat.atMs)];
  return [
    ...[worker, host, version, capacity, cores, inferencesPerSecond, JSON.stringify(addresses), JSON.stringify(groups)],
    ...[bootId, startedAtMs === null ? null : new Date(startedAtMs), seenAt, seenAt],
  ];
}
