import { toAppError } from '#protocol/errors.ts';
import { streams } from '#protocol/streams.ts';
import type { Bus, Closable, KeptMessage } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';
import { isRowAtFault, type Database } from '../database.ts';
import { CameraCountsEntity } from '../entities/fact.entity.ts';
import { countsMessageOf } from '../queries/counts.ts';
import { CountsProjection } from './counts.ts';
import { storeLetters, type Delivered } from './dead-letters.ts';
import { condemn, readMessage } from './fact-message.ts';
import type { Outgoing } from './outgoing.ts';
import { storeBatch } from './store-batch.ts';

export interface ProjectorOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
  readonly outgoing: Outgoing;
  /** A lease was heard of for the first time. */
  readonly onLeasesChanged: () => void;
}

/** The name under which the stream keeps its position. */
export const PROJECTOR_DURABLE = 'projector';

/** Follows the facts stream into the database for ever. A database that is away or full only makes it wait. */
export class Projector implements Closable {
  readonly #options: ProjectorOptions;
  readonly #counts = new CountsProjection();
  #consumer: Closable | null = null;
  #paused: { readonly sinceMs: number; readonly because: string } | null = null;

  constructor(options: ProjectorOptions) {
    this.#options = options;
  }

  /** Tells what the database holds, in case the last process did not get to it, then follows the stream. */
  async start(): Promise<void> {
    const { database, bus, outgoing } = this.#options;
    const rows = await database.read((em) => em.find(CameraCountsEntity, {}));
    outgoing.tell(rows.map(countsMessageOf), []);
    this.#consumer = bus.consume({
      stream: streams.facts.name,
      durable: PROJECTOR_DURABLE,
      onBatch: (batch) => this.#take(batch),
    });
  }

  close(): void {
    this.#consumer?.close();
  }

  /** Since when nothing is fetched because what was fetched cannot be stored; null: it can. */
  get paused(): { readonly sinceMs: number; readonly because: string } | null {
    return this.#paused;
  }

  async #take(batch: readonly KeptMessage[]): Promise<void> {
    try {
      await this.#takeAll(batch);
      this.#paused = null;
    } catch (error) {
      this.#paused ??= { sinceMs: Date.now(), because: toAppError(error).message };
      throw error;
    }
  }

  async #takeAll(batch: readonly KeptMessage[]): Promise<void> {
    const read = batch.map((message) => ({ message, as: readMessage(message) }));
    try {
      await this.#store(read);
    } catch (error) {
      if (!isRowAtFault(error)) throw error;
      // Something in there can never be stored: find it and let the others through.
      for (const one of read) await this.#storeOrCondemn(one);
    }
  }

  async #storeOrCondemn(one: Delivered): Promise<void> {
    try {
      await this.#store([one]);
    } catch (error) {
      if (!isRowAtFault(error) || one.as.kind === 'invalid') throw error;
      await this.#store([{ message: one.message, as: condemn(one.message, 'unstorable', toAppError(error).message) }]);
    }
  }

  async #store(read: readonly Delivered[]): Promise<void> {
    const { database, log, outgoing, onLeasesChanged } = this.#options;
    const messages = read.map(({ as }) => as);
    try {
      const outcome = await database.write(async (em) => {
        const stored = await storeBatch(em, messages, this.#counts);
        await storeLetters(em, read, stored, Date.now());
        return stored;
      });
      outgoing.tell(outcome.counts, outcome.watermarks);
      outgoing.tellAreas(outcome.areas);
      if (outcome.leasesChanged) onLeasesChanged();
    } catch (error) {
      this.#counts.forget();
      throw error;
    }
    for (const { as } of read) {
      if (as.kind !== 'invalid') continue;
      const { subject, reason, detail, key } = as;
      log.warn({ subject, reason, detail, key }, 'rejected a message that is no fact');
    }
  }
}
