import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import type * as v from 'valibot';
import { decode, encode, parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { keySchema } from '#protocol/ids.ts';
import type { Bucket, BucketEntry, BucketSpec, Closable } from './bus.port.ts';
import { unavailable, type BusConnection } from './bus.connection.ts';
import { BucketWatch } from './bus.watch.ts';

/** One value a key; reads go to the leader, because a lease is decided by what was read. */
export function kvOptions(spec: BucketSpec): { history: number; allow_direct: boolean; ttl?: number } {
  return { history: 1, allow_direct: false, ...(spec.maxAgeMs === null ? {} : { ttl: spec.maxAgeMs }) };
}

/** A bucket that is opened when first used and again in each new session: the server may have lost it in between. */
export class NatsBucket<S extends v.GenericSchema> implements Bucket<v.InferOutput<S>> {
  readonly #link: BusConnection;
  readonly #spec: BucketSpec;
  readonly #schema: S;
  #open: { kv: Promise<KV>; generation: number } | null = null;

  constructor(link: BusConnection, spec: BucketSpec, schema: S) {
    this.#link = link;
    this.#spec = spec;
    this.#schema = schema;
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
      // The bucket may be gone: look again next time.
      this.#open = null;
      if (cause instanceof AppError) throw cause;
      throw unavailable(doing, cause);
    }
  }

  #kv(): Promise<KV> {
    if (this.#open?.generation !== this.#link.generation) {
      const kv = new Kvm(this.#link.nc).create(this.#spec.name, kvOptions(this.#spec));
      kv.catch(() => (this.#open = null));
      this.#open = { kv, generation: this.#link.generation };
    }
    return this.#open.kv;
  }
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
