import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Database } from '../database.ts';

const EVERY_MS = 10_000;
const LISTEN_RETRY_MS = 1_000;

export interface ResyncOptions {
  readonly database: Database;
  readonly bus: Bus;
  /** Of PostgreSQL's NOTIFY. */
  readonly channel: string;
  /** Makes what is on the bus equal the tables. Never runs twice at a time, and not while the bus is away. */
  readonly work: () => Promise<void>;
  /** Of `work`; it is tried again. */
  readonly onError: (error: unknown) => void;
  /** The bus is back, and may have forgotten what it was told. */
  readonly onReconnect?: () => void;
}

/** Does the work on each NOTIFY, after each reconnect, and in any case every ten seconds. */
export class Resync implements Closable {
  readonly #options: ResyncOptions;
  readonly #closed = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #connection: Closable;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(options: ResyncOptions) {
    this.#options = options;
    this.#connection = options.bus.onConnection((connected) => {
      if (!connected) return;
      options.onReconnect?.();
      this.nudge();
    });
    this.#timer = setInterval(() => {
      this.nudge();
    }, EVERY_MS);
    void this.#listen();
  }

  /** The tables may have changed. */
  nudge(): void {
    void this.run();
  }

  /** Resolves when the work was done or found impossible for now. */
  run(): Promise<void> {
    this.#again = this.#running !== null;
    this.#running ??= this.#work().finally(() => (this.#running = null));
    return this.#running;
  }

  close(): void {
    this.#closed.abort();
    clearInterval(this.#timer);
    this.#connection.close();
  }

  async #listen(): Promise<void> {
    const { database, channel } = this.#options;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      // Failing is normal while the database is away; the compare goes on meanwhile.
      await database
        .listen(channel, signal, () => {
          this.nudge();
        })
        .catch(() => undefined);
      await sleep(LISTEN_RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #work(): Promise<void> {
    const { bus, work, onError } = this.#options;
    do {
      this.#again = false;
      if (this.#closed.signal.aborted || !bus.connected) return;
      try {
        await work();
      } catch (error) {
        if (!this.#closed.signal.aborted) onError(error);
      }
    } while (this.#again as boolean);
  }
}
