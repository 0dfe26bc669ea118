import type { KV, KvEntry } from '@nats-io/kv';
import type { Closable } from './bus.port.ts';
import { delay, type BusConnection } from './bus.connection.ts';

/**
 * How often a running watch checks that its bucket is still the one it watches, and that what was in it at the last check
 * has come: the server that feeds a watch may die alone, and the client itself would notice after a minute.
 */
const CHECK_MS = 2_000;
const RETRY_MS = 500;
/** A snapshot that brings nothing for this long is taken to be empty (its keys ran out between count and watch). */
const EMPTY_MS = 2_000;

export interface WatchOptions {
  readonly link: BusConnection;
  readonly bucket: string;
  readonly open: () => Promise<KV>;
  /** The server may have lost it: makes it exist. */
  readonly make: () => Promise<void>;
  readonly onEntry: (entry: KvEntry) => void;
  /** A key seen before that a restored or remade bucket no longer has. */
  readonly onGone: (key: string) => void;
  readonly onReady: () => void;
  /** First token of the keys that are followed; null: all keys. */
  readonly under: string | null;
}

/**
 * Follows a bucket for ever. The client's own watch goes silent when a store is restored to an older state or the bucket is
 * made anew, so each session starts a fresh one, and a check notices a changed bucket under a living session.
 */
export class BucketWatch implements Closable {
  readonly #options: WatchOptions;
  readonly #closed = new AbortController();
  readonly #known = new Set<string>();
  #ready = false;
  #lastRevision = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    void this.#run();
  }

  close(): void {
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    const { link, bucket } = this.#options;
    while (!this.#closed.signal.aborted && !link.nc.isClosed()) {
      await link.untilConnected(this.#closed.signal);
      try {
        await this.#session();
      } catch (error) {
        if (link.connected) link.log.warn({ bucket, error }, 'a watch on a bucket broke: starting it again');
        await Promise.all([delay(RETRY_MS), this.#options.make().catch(() => undefined)]);
      }
    }
  }

  /** One watch from snapshot to its end; returns when the session, the bucket or the watch itself is over. */
  async #session(): Promise<void> {
    const { link } = this.#options;
    if (this.#closed.signal.aborted) return;
    const kv = await this.#options.open();
    const { streamInfo } = await kv.status();
    const { under } = this.#options;
    const entries = await kv.watch(under === null ? {} : { key: `${under}.>` });
    const stop = (): void => {
      entries.stop();
    };
    const listener = link.onConnection(stop);
    this.#closed.signal.addEventListener('abort', stop);
    const seen = new Set<string>();
    this.#lastRevision = 0;
    let [dueRevision, heardRevision] = [0, 0];
    const check = setInterval(() => {
      void this.#revisionNow(kv, streamInfo.created).then((revision) => {
        if (revision === null) return;
        const isSilent = this.#lastRevision < dueRevision && this.#lastRevision === heardRevision;
        if (isSilent || revision < this.#lastRevision) stop();
        dueRevision = revision;
        heardRevision = this.#lastRevision;
      });
    }, CHECK_MS).unref();
    let complete = false;
    const finish = (): void => {
      if (complete) return;
      complete = true;
      // Keys that ran out are counted in it and never come.
      this.#lastRevision = Math.max(this.#lastRevision, streamInfo.state.last_seq);
      this.#snapshotComplete(seen);
    };
    const empty = setTimeout(finish, streamInfo.state.messages === 0 ? 0 : EMPTY_MS).unref();
    try {
      for await (const entry of entries) {
        clearTimeout(empty);
        this.#lastRevision = Math.max(this.#lastRevision, entry.revision);
        seen.add(entry.key);
        this.#known.add(entry.key);
        this.#deliver(entry);
        if ((entry.delta ?? 0) === 0) finish();
      }
    } finally {
      clearTimeout(empty);
      clearInterval(check);
      listener.close();
      this.#closed.signal.removeEventListener('abort', stop);
    }
  }

  #deliver(entry: KvEntry): void {
    try {
      this.#options.onEntry(entry);
    } catch (error) {
      this.#options.link.log.warn(
        { bucket: this.#options.bucket, key: entry.key, error },
        'dropped a value of a bucket',
      );
    }
  }

  #snapshotComplete(seen: ReadonlySet<string>): void {
    for (const key of [...this.#known]) {
      if (seen.has(key)) continue;
      this.#known.delete(key);
      this.#options.onGone(key);
    }
    if (this.#ready) return;
    this.#ready = true;
    this.#options.onReady();
  }

  /** The bucket's last revision; -1: it is another by now; null: no answer, which proves nothing. */
  async #revisionNow(kv: KV, created: string): Promise<number | null> {
    try {
      const { streamInfo } = await kv.status();
      return streamInfo.created === created ? streamInfo.state.last_seq : -1;
    } catch (error) {
      return error instanceof Error && error.message === 'stream not found' ? -1 : null;
    }
  }
}
