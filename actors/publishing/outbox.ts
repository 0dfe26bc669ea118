import { parse } from '#protocol/codec.ts';
import { AppError, toAppError } from '#protocol/errors.ts';
import { factSchema, type Fact, type LeaseStarted, type Undecided } from '#protocol/facts.ts';
import { factId } from '#protocol/ids.ts';
import { watermarkSchema, type Watermark } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import type { Clock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import type { Unnumbered } from './outbox-store.ts';
import { FactPublisher } from './fact-publisher.ts';
import { StoreThread } from './store-thread.ts';

/** Facts that wait for a commit, beyond which new ones are refused: the disk has stopped. */
const MAX_WAITING = 10_000;

/** Whose fact it is. */
export interface FactLease {
  readonly camera: string;
  readonly worker: string;
  readonly leaseId: string;
  readonly epoch: number;
}

export type UndecidedFact = Undecided<Exclude<Fact, LeaseStarted>>;

export interface OutboxOptions {
  /** The SQLite file; its folder exists and is held by this process alone. */
  readonly file: string;
  /** Whose leases its facts belong to. */
  readonly worker: string;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
  /** Told when the disk stops taking facts, and null when it does again. */
  readonly onTrouble?: (error: AppError | null) => void;
  /** Acknowledged but not settled for this long: published again. 30 s. */
  readonly settleLimitMs?: number;
}

export interface Outbox {
  /**
   * Numbers the fact and resolves once it is on the disk; publishing follows by itself. Rejects with disk.full or
   * storage.unavailable: then the fact was not taken and the caller still has it. message.invalid: it will never be taken.
   */
  append(lease: FactLease, fact: UndecidedFact): Promise<Fact>;
  /** Publishes the lease's LeaseStarted and resolves once the stream has it, however long the bus is away. */
  startLease(lease: FactLease, countsFromMs: number): Promise<void>;
  /** Facts that the database has not confirmed yet. */
  unsettled(): Promise<number>;
  close(): Promise<void>;
}

/** Opens the file, publishes what an earlier process left unsettled, and forgets what the watermarks say is stored. */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const store = new StoreThread(options.file);
  const leases = new Set(await store.call('leases'));
  const publisher = new FactPublisher(options, store);
  const watermarks = await options.bus.bucket(buckets.watermarks, watermarkSchema);
  const hear = ({ value }: { readonly value: Watermark | null }): void => {
    if (value !== null && leases.has(value.leaseId)) publisher.settled(value);
  };
  const watch = watermarks.watch(hear, undefined, options.worker);
  const committer = new Committer(options, store);
  const starting = new Map<string, Promise<void>>();

  const keep = async (lease: FactLease, fact: UndecidedFact | Undecided<LeaseStarted>, n: 0 | null): Promise<Fact> => {
    const { camera, worker, leaseId, epoch } = lease;
    const body = { ...fact, camera, worker, leaseId, epoch };
    // The number is not known yet; any valid one stands for it.
    parse(factSchema, { ...body, id: '', n: n ?? 1 }, 'message.invalid');
    leases.add(leaseId);
    const subject = subjects.fact(fact.type, camera);
    const given = await committer.commit({ leaseId, camera, subject, body: JSON.stringify(body), n });
    publisher.wake();
    return { ...body, id: factId(camera, leaseId, given), n: given } as Fact;
  };

  const start = async (lease: FactLease, countsFromMs: number): Promise<void> => {
    const acknowledged = publisher.acknowledged(factId(lease.camera, lease.leaseId, 0));
    await keep(lease, { type: 'LeaseStarted', camera: lease.camera, countsFromMs }, 0);
    await acknowledged;
  };

  return {
    append: (lease, fact) => keep(lease, fact, null),
    startLease(lease, countsFromMs) {
      let started = starting.get(lease.leaseId);
      if (started === undefined) {
        started = start(lease, countsFromMs);
        starting.set(lease.leaseId, started);
        started.catch(() => starting.delete(lease.leaseId));
      }
      return started;
    },
    unsettled: () => store.call('unsettled'),
    async close() {
      watch.close();
      await publisher.close();
      await store.call('close');
    },
  };
}

interface Waiting {
  readonly fact: Unnumbered;
  resolve(n: number): void;
  reject(error: AppError): void;
}

/** Group commit: what arrives while the disk is busy goes into the next transaction together. */
class Committer {
  readonly #options: OutboxOptions;
  readonly #store: StoreThread;
  #waiting: Waiting[] = [];
  #busy = false;
  #troubled = false;

  constructor(options: OutboxOptions, store: StoreThread) {
    this.#options = options;
    this.#store = store;
  }

  commit(fact: Unnumbered): Promise<number> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new AppError('disk.full', 'the outbox does not keep up: its disk is too slow or has stopped'),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ fact, resolve, reject });
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        const numbers = await this.#store.call(
          'append',
          group.map(({ fact }) => fact),
        );
        group.forEach(({ resolve }, index) => {
          resolve(numbers[index] ?? 0);
        });
        this.#report(null);
      } catch (cause) {
        const error = toAppError(cause, 'storage.unavailable');
        for (const { reject } of group) reject(error);
        this.#report(error);
      }
    }
    this.#busy = false;
  }

  #report(error: AppError | null): void {
    if ((error !== null) === this.#troubled) return;
    this.#troubled = error !== null;
    if (error === null) this.#options.log.info('the outbox takes facts again');
    else this.#options.log.error({ error }, 'the outbox takes no facts: they wait in memory');
    this.#options.onTrouble?.(error);
  }
}
