import { AppError } from '#protocol/errors.ts';
import { backoffMs, type BackoffPolicy } from '#ops/runtime/backoff.ts';
import type { Log } from '#ops/runtime/log.ts';

const RESTART: BackoffPolicy = { firstMs: 200, capMs: 10_000, stableMs: 60_000 };

/** What of a worker matters here. */
export interface PooledWorker {
  readonly died: Promise<Error>;
  readonly viewers: number;
  readonly hasRoom: boolean;
  close(): Promise<void>;
}

export interface WorkersOptions<W extends PooledWorker> {
  readonly count: number;
  /** `slot`: 0 .. count - 1; what belongs to it (a port) is free again when its worker has died. */
  readonly start: (slot: number) => Promise<W>;
  readonly log: Log;
}

interface Slot<W> {
  readonly index: number;
  /** null: it is being started, or cannot be. */
  worker: W | null;
  /** In a row, with no stable stretch between. */
  failures: number;
  isStarting: boolean;
}

/** The relay's workers: each that dies is replaced, and the others are not touched. */
export class Workers<W extends PooledWorker> {
  /** Settles when none runs and none can be started. */
  readonly died: Promise<Error>;
  readonly #options: WorkersOptions<W>;
  readonly #slots: Slot<W>[];
  readonly #dead = Promise.withResolvers<Error>();
  #isClosed = false;

  private constructor(options: WorkersOptions<W>) {
    this.#options = options;
    this.died = this.#dead.promise;
    const indices = Array.from({ length: options.count }, (_, index) => index);
    this.#slots = indices.map((index) => ({ index, worker: null, failures: 0, isStarting: true }));
  }

  /** All at once: an idle one takes 2 MB and 0.1 s. Rejects if one does not start, as the first does. */
  static async start<W extends PooledWorker>(options: WorkersOptions<W>): Promise<Workers<W>> {
    const workers = new Workers(options);
    const starts = await Promise.allSettled(workers.#slots.map((slot) => workers.#fill(slot)));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed === undefined) return workers;
    await workers.close();
    throw failed.reason;
  }

  /** The one with the fewest viewers. Throws relay.viewer-limit if all are full, relay.unavailable if none runs. */
  leastLoaded(): W {
    const running = this.#running();
    const [best] = running.filter(({ hasRoom }) => hasRoom).toSorted((a, b) => a.viewers - b.viewers);
    if (best !== undefined) return best;
    if (running.length > 0)
      throw new AppError('relay.viewer-limit', 'the video relay has all the viewers it can serve');
    throw new AppError('relay.unavailable', 'the video relay is starting; ask again in a second');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#running().map((worker) => worker.close()));
  }

  #running(): W[] {
    return this.#slots.flatMap(({ worker }) => (worker === null ? [] : [worker]));
  }

  async #fill(slot: Slot<W>): Promise<void> {
    slot.isStarting = true;
    const worker = await this.#options.start(slot.index).finally(() => {
      slot.isStarting = false;
    });
    if (this.#isClosed) return worker.close();
    slot.worker = worker;
    const sinceMs = performance.now();
    void worker.died.then((error) => {
      if (performance.now() - sinceMs > RESTART.stableMs) slot.failures = 0;
      return this.#replace(slot, error);
    });
  }

  async #replace(slot: Slot<W>, error: Error): Promise<void> {
    slot.worker = null;
    const { log } = this.#options;
    log.warn({ error, worker: slot.index }, 'a worker of the video relay died; starting another');
    while (!this.#isClosed) {
      slot.failures += 1;
      await new Promise((resolve) => {
        setTimeout(resolve, backoffMs(RESTART, slot.failures, Math.random())).unref();
      });
      if (this.#isClosed) return;
      try {
        await this.#fill(slot);
        return;
      } catch (cause) {
        log.error({ error: cause, worker: slot.index }, 'a worker of the video relay could not be started');
        if (this.#slots.every(({ worker, isStarting }) => worker === null && !isStarting)) {
          this.#dead.resolve(new AppError('relay.unavailable', 'no worker of the video relay runs', { cause }));
          return;
        }
      }
    }
  }
}
