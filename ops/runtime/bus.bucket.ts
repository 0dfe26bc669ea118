import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import { RequestError } from 'nats';
import type * as v from 'valibot';
import { decode, encode, parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { keySchema } from '#protocol/ids.ts';
import type { Bucket, BucketEntry, BucketSpec, Closable } from './bus.port.ts';
import { unavailable, type BusConnection } from './bus.connection.ts';
import { bindBucket, makeBucket } from './bus.make.ts';
import { BucketWatch } from './bus.watch.ts';

/** A bucket that is made when it is first used, and again when the server has lost it. */
export class NatsBucket<S extends v.GenericSchema> implements Bucket<v.InferOutput<S>> {
  readonly #link: BusConnection;
  readonly #spec: BucketSpec;
  readonly #schema: S;
  /** Names of buckets that this process has seen to. */
  readonly #made: Set<string>;

  constructor(link: BusConnection, spec: BucketSpec, schema: S, made: Set<string>) {
    this.#link = link;
    this.#spec = spec;
    this.#schema = schema;
    this.#made = made;
  }

  async get(key: string): Promise<BucketEntry<v.InferOutput<S>> | null> {
    const entry = await this.#do('read', key, (kv) => kv.get(key));
    return entry === null ? null : this.#decoded(entry);
  }

  put(key: string, value: v.InferOutput<S>): Promise<number> {
    return this.#do('write', key, (kv) => kv.put(key, this.#encoded(value)));
  }

  create(key: string, value: v.InferOutput<S>): Promise<number | null> {
    return this.#do('write', key, (kv) => unlessConflict(kv.create(key, this.#encoded(value))));
  }

  update(key: string, value: v.InferOutput<S>, lastRevision: number): Promise<number | null> {
    return this.#do('write', key, (kv) => unlessConflict(kv.update(key, this.#encoded(value), lastRevision)));
  }

  async delete(key: string): Promise<void> {
    await this.#do('delete', key, (kv) => kv.delete(key));
  }

  keys(): Promise<string[]> {
    return this.#do('list', null, async (kv) => {
      const keys: string[] = [];
      for await (const key of await kv.keys()) keys.push(key);
      return keys;
    });
  }

  watch(
    onEntry: (entry: BucketEntry<v.InferOutput<S>>) => void,
    onReady: () => void = () => undefined,
    under: string | null = null,
  ): Closable {
    return new BucketWatch({
      link: this.#link,
      bucket: this.#spec.name,
      open: () => this.#kv(),
      make: () => this.#make(),
      onEntry: (entry) => {
        onEntry(this.#decoded(entry));
      },
      onGone: (key) => {
        onEntry({ key, value: null, revision: 0 });
      },
      onReady,
      under,
    });
  }

  #encoded(value: v.InferOutput<S>): Uint8Array {
    return encode(value);
  }

  #decoded(entry: KvEntry): BucketEntry<v.InferOutput<S>> {
    const value = entry.operation === 'PUT' ? decode(this.#schema, entry.value) : null;
    return { key: entry.key, value, revision: entry.revision };
  }

  async #do<T>(what: string, key: string | null, work: (kv: KV) => Promise<T>): Promise<T> {
    if (key !== null) parse(keySchema, key, 'input.invalid');
    const doing = `cannot ${what} ${this.#spec.name}${key === null ? '' : ` ${key}`}`;
    this.#link.demand(doing);
    try {
      return await this.#link.orLost(this.#kv().then(work));
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      // It may be gone, or be without a leader for some seconds: the next attempt need not wait to learn which.
      if (isUnanswered(cause)) this.#make().catch(() => undefined);
      if (isMissing(cause)) this.#made.delete(this.#spec.name);
      throw unavailable(doing, cause);
    }
  }

  async #kv(): Promise<KV> {
    if (!this.#made.has(this.#spec.name)) await this.#make();
    return bindBucket(this.#link.nc, this.#spec.name);
  }

  async #make(): Promise<void> {
    await makeBucket(this.#link.nc, this.#spec);
    this.#made.add(this.#spec.name);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}

function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof RequestError && error.cause.isNoResponders();
}

async function unlessConflict(write: Promise<number>): Promise<number | null> {
  try {
    return await write;
  } catch (error) {
    const conflict =
      error instanceof JetStreamApiError &&
      (error.code === JetStreamApiCodes.StreamWrongLastSequence ||
        error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown);
    if (conflict) return null;
    throw error;
  }
}
