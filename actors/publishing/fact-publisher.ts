import { AppError } from '#protocol/errors.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Clock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import type { DueFact, Settled } from './outbox-store.ts';
import type { StoreThread } from './store-thread.ts';

/** Acks under way at once: nats-server reached its greatest rate with this many. */
const MAX_IN_FLIGHT = 500;
const LOOK_EVERY_MS = 1_000;
const BOOK_EVERY_MS = 100;
const SETTLE_LIMIT_MS = 30_000;
const SETTLE_LIMIT_CAP_MS = 600_000;

export interface FactPublisherOptions {
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
  readonly settleLimitMs?: number;
}

/** How long after its n-th acknowledgement (n >= 1) an unsettled fact is published again: 30 s, doubled up to ten minutes. */
export function republishAfterMs(sent: number, limitMs = SETTLE_LIMIT_MS): number {
  return Math.min(Math.max(SETTLE_LIMIT_CAP_MS, limitMs), limitMs * 2 ** (sent - 1));
}

/**
 * Publishes the store's facts in order and again until they are settled. The repeat is for brokers that lost what they
 * acknowledged; it slows down, because a database that is away for hours must not fill the stream with copies.
 */
export class FactPublisher {
  readonly #options: FactPublisherOptions;
  readonly #store: StoreThread;
  readonly #inFlight = new Set<number>();
  readonly #acknowledged: { seq: number; dueAtMs: number }[] = [];
  readonly #settled = new Map<string, Settled>();
  readonly #waiters = new Map<string, PromiseWithResolvers<void>>();
  readonly #connection: Closable;
  readonly #timers: NodeJS.Timeout[];
  readonly #encoder = new TextEncoder();
  #closed = false;
  #looking = false;
  #lookAgain = false;
  #notBeforeMs = 0;
  #booking: Promise<void> | null = null;

  constructor(options: FactPublisherOptions, store: StoreThread) {
    this.#options = options;
    this.#store = store;
    this.#connection = options.bus.onConnection((connected) => {
      if (connected) void this.#afterReconnect();
    });
    this.#timers = [
      setInterval(() => {
        this.wake();
      }, LOOK_EVERY_MS),
      setInterval(() => {
        void this.#book();
      }, BOOK_EVERY_MS),
    ];
    this.wake();
  }

  /** There may be something to publish. */
  wake(): void {
    void this.#look();
  }

  /** Resolves at the stream's acknowledgement of that fact, which must not have been stored yet. */
  acknowledged(id: string): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    this.#waiters.set(id, waiter);
    waiter.promise.catch(() => undefined); // Its owner may not be listening any more when this closes.
    return waiter.promise;
  }

  settled(watermark: Settled): void {
    const known = this.#settled.get(watermark.leaseId);
    this.#settled.set(watermark.leaseId, {
      leaseId: watermark.leaseId,
      n: Math.max(watermark.n, known?.n ?? 0),
      started: watermark.started || known?.started === true,
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#connection.close();
    for (const waiter of this.#waiters.values()) waiter.reject(new AppError('aborted', 'the outbox was closed'));
    await this.#book();
  }

  get #settleLimitMs(): number {
    return this.#options.settleLimitMs ?? SETTLE_LIMIT_MS;
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    do {
      this.#lookAgain = false;
      try {
        await this.#publishDue();
      } catch (error) {
        if (!this.#closed) this.#options.log.warn({ error }, 'the outbox could not be read: trying again');
        break;
      }
    } while (this.#lookAgain);
    this.#looking = false;
  }

  async #publishDue(): Promise<void> {
    const { bus, clock } = this.#options;
    const free = MAX_IN_FLIGHT - this.#inFlight.size;
    if (this.#closed || !bus.connected || free <= 0 || clock.monotonicMs() < this.#notBeforeMs) return;
    // Acknowledged ones are due in the file until the next book-keeping.
    const underWay = [...this.#inFlight, ...this.#acknowledged.map(({ seq }) => seq)];
    for (const fact of await this.#store.call('due', clock.monotonicMs(), underWay, free)) {
      this.#inFlight.add(fact.seq);
      void this.#publish(fact);
    }
  }

  async #publish(fact: DueFact): Promise<void> {
    const { bus, clock, log } = this.#options;
    try {
      await bus.publishFact(fact.subject, fact.id, this.#encoder.encode(fact.json));
      const dueAtMs = clock.monotonicMs() + republishAfterMs(fact.sent + 1, this.#settleLimitMs);
      this.#acknowledged.push({ seq: fact.seq, dueAtMs });
      this.#waiters.get(fact.id)?.resolve();
      this.#waiters.delete(fact.id);
    } catch (error) {
      if (this.#notBeforeMs <= clock.monotonicMs() && bus.connected) {
        log.warn({ fact: fact.id, error }, 'a fact could not be published: it stays in the outbox');
      }
      this.#notBeforeMs = clock.monotonicMs() + LOOK_EVERY_MS;
    } finally {
      this.#inFlight.delete(fact.seq);
      this.wake();
    }
  }

  /** One transaction for all that was acknowledged and settled since the last. */
  async #book(): Promise<void> {
    if (this.#booking !== null) return this.#booking;
    if (this.#acknowledged.length === 0 && this.#settled.size === 0) return;
    this.#booking = this.#writeBooks().finally(() => (this.#booking = null));
    return this.#booking;
  }

  async #writeBooks(): Promise<void> {
    const acknowledged = [...this.#acknowledged];
    const settled = [...this.#settled.values()];
    this.#settled.clear();
    try {
      if (settled.length > 0) await this.#store.call('settle', settled);
      if (acknowledged.length > 0) await this.#store.call('sent', acknowledged);
    } catch {
      // A full disk, which `append` reports. What was settled comes again with the repeat of its facts.
      for (const watermark of settled) this.settled(watermark);
      return;
    }
    this.#acknowledged.splice(0, acknowledged.length);
  }

  async #afterReconnect(): Promise<void> {
    this.#notBeforeMs = 0;
    try {
      await this.#store.call('hasten', this.#options.clock.monotonicMs() + this.#settleLimitMs);
    } catch (error) {
      if (!this.#closed) this.#options.log.warn({ error }, 'the outbox could not be written: facts are repeated later');
    }
    this.wake();
  }
}
