import type * as v from 'valibot';

/**
 * The nervous system between processes, as the rest of the code sees it: request/reply, lossy live messages, kept facts and
 * buckets of current state. NATS is behind it (bus.ts); nothing else imports a NATS package.
 */
export interface Bus {
  /** Fire and forget; lost while disconnected. */
  publishLive(subject: string, message: unknown): void;
  /** Live messages of a subject (wildcards allowed). What does not validate is dropped and counted. */
  subscribeLive<S extends v.GenericSchema>(
    subject: string,
    schema: S,
    onMessage: (message: v.InferOutput<S>, subject: string) => void,
  ): Closable;

  /**
   * Sends a request and validates the reply against `{ok: true, result} | {ok: false, code, message}`. A problem, no
   * responder (bus.unavailable) and a timeout (bus.unavailable) become AppErrors.
   */
  request<S extends v.GenericSchema>(
    subject: string,
    message: unknown,
    result: S,
    timeoutMs: number,
  ): Promise<v.InferOutput<S>>;
  /** A raw-bytes reply (posters). Same errors; a problem comes with the header `Footfall-Problem`. */
  requestBytes(subject: string, message: unknown, timeoutMs: number): Promise<Uint8Array>;
  /**
   * Answers requests one by one as they come, concurrently. What the function throws becomes the problem reply. `queue`: one
   * member of the group answers. A Uint8Array result is sent raw, anything else as `{ok: true, result}`.
   */
  respond<S extends v.GenericSchema>(
    subject: string,
    schema: S,
    answer: (message: v.InferOutput<S>) => Promise<unknown>,
    queue?: string,
  ): Closable;

  bucket<S extends v.GenericSchema>(name: string, schema: S): Promise<Bucket<v.InferOutput<S>>>;

  /**
   * Publishes to a JetStream stream with a message id for dedupe; resolves at the server's ack. A Uint8Array is sent as it
   * is. Rejects with bus.unavailable, also when the stream is full.
   */
  publishFact(subject: string, messageId: string, message: unknown): Promise<void>;

  /**
   * Hands over a stream's messages in order, from the first one on, for ever; the position survives restarts under the
   * name `durable`. A batch is acknowledged when `onBatch` resolves; when it rejects, the same batch is tried again (with
   * backoff) and nothing more is fetched meanwhile. After a stream was restored or made anew it starts again from the first
   * message: the receiver tells repeats by the messages' own ids.
   */
  consume(options: ConsumeOptions): Closable;

  /** How far a durable consumer is behind its stream; null when there is none yet. Rejects with bus.unavailable. */
  backlog(stream: string, durable: string): Promise<Backlog | null>;

  /** Makes streams and buckets exist with these settings, now (waiting as long as it takes) and after each reconnect. */
  declare(specs: { readonly streams: readonly StreamSpec[]; readonly buckets: readonly BucketSpec[] }): Promise<void>;

  readonly connected: boolean;
  /** Called with false when the connection is lost and true when it is back. */
  onConnection(listener: (connected: boolean) => void): Closable;
  /** The server's clock at the moment of return, and how far off that may be. Rejects with bus.unavailable. */
  measureClock(): Promise<{ serverEpochMs: number; uncertaintyMs: number }>;
  close(): Promise<void>;
}

export interface Closable {
  close(): void;
}

export interface ConsumeOptions {
  readonly stream: string;
  readonly durable: string;
  /** 256 by default. */
  readonly maxBatch?: number;
  readonly onBatch: (messages: readonly KeptMessage[]) => Promise<void>;
}

export interface KeptMessage {
  readonly subject: string;
  /** The id it was published under; null when it had none. */
  readonly messageId: string | null;
  readonly data: Uint8Array;
}

export interface Backlog {
  /** Messages not acknowledged yet. */
  readonly messages: number;
  /** When the oldest of them came into the stream, by the server's clock; null: there is none. */
  readonly oldestAtMs: number | null;
}

/** Copies of a stream: more than one can only be had in a cluster. */
export interface Replicas {
  readonly alone: number;
  readonly clustered: number;
}

export interface StreamSpec {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly storage: 'file' | 'memory';
  readonly dedupeWindowMs: number;
  /** null: no limit. */
  readonly maxAgeMs: number | null;
  /** null: no limit. Beyond it the oldest goes (`old`) or the newest is refused (`new`). */
  readonly maxMessages: number | null;
  readonly discard: 'new' | 'old';
  readonly replicas: Replicas;
}

export interface BucketSpec {
  readonly name: string;
  /** null: keys stay for ever. */
  readonly maxAgeMs: number | null;
  readonly replicas: Replicas;
}

export interface BucketEntry<T> {
  readonly key: string;
  /** null: the key was deleted. */
  readonly value: T | null;
  readonly revision: number;
}

/** One KV bucket. Keys are one token, or two (protocol/ids). */
export interface Bucket<T> {
  get(key: string): Promise<BucketEntry<T> | null>;
  put(key: string, value: T): Promise<number>;
  /** Rejects with `conflict` semantics by returning null: the key exists already. */
  create(key: string, value: T): Promise<number | null>;
  /** Compare and set; null when the key's last revision is another. */
  update(key: string, value: T, lastRevision: number): Promise<number | null>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
  /**
   * Every key's present value, then every change, in order; starts again by itself after a reconnect (values may repeat).
   * `onReady` is called once the present values were delivered. `under`: only keys of two tokens whose first it is.
   */
  watch(onEntry: (entry: BucketEntry<T>) => void, onReady?: () => void, under?: string): Closable;
}
