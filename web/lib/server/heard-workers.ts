import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import { workerHeartbeatSchema, type WorkerHeartbeat } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { HeardWorker } from '../fleet/fleet.ts';

/** Beyond an hour the bus forgets a worker, and its keys do not say that they went. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** The workers' heartbeats as they come. */
export class HeardWorkers implements Closable {
  readonly #heard = new Map<string, { heartbeat: WorkerHeartbeat; atMs: number }>();
  #watch: Closable | null = null;
  #isOld = true;

  /** Resolves once those that are on the bus are known. */
  static async open(bus: Bus): Promise<HeardWorkers> {
    const workers = new HeardWorkers();
    const bucket = await bus.bucket(buckets.workers, workerHeartbeatSchema);
    await new Promise<void>((resolve) => {
      workers.#watch = bucket.watch(
        ({ key, value }) => {
          workers.#hear(key, value);
        },
        () => {
          workers.#isOld = false;
          resolve();
        },
      );
    });
    return workers;
  }

  /** Without those that said farewell. */
  now(): HeardWorker[] {
    const nowMs = performance.now();
    for (const [worker, { atMs }] of this.#heard) {
      if (nowMs - atMs > FORGOTTEN_AFTER_MS) this.#heard.delete(worker);
    }
    return Array.from(this.#heard.values(), ({ heartbeat, atMs }) => ({ heartbeat, silentForMs: nowMs - atMs }));
  }

  close(): void {
    this.#watch?.close();
  }

  #hear(worker: string, heartbeat: WorkerHeartbeat | null): void {
    const known = this.#heard.get(worker)?.heartbeat;
    if (heartbeat === null) this.#heard.delete(worker);
    // A watch that starts again repeats old values: only a new one is a sign of life.
    else if (known?.atMs !== heartbeat.atMs || known.bootId !== heartbeat.bootId) {
      // What was there before this process is as old as its sender's clock says.
      const ageMs = this.#isOld ? Math.max(0, Date.now() - heartbeat.atMs) : 0;
      this.#heard.set(worker, { heartbeat, atMs: performance.now() - ageMs });
    }
  }
}
