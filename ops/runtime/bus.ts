import { jetstream, jetstreamManager, type JetStreamClient } from '@nats-io/jetstream';
import type * as v from 'valibot';
import { encode } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { clockStream, replicas } from '#protocol/streams.ts';
import { backlog } from './bus.backlog.ts';
import { NatsBucket } from './bus.bucket.ts';
import { BusConnection, delay, unavailable, type BusOptions } from './bus.connection.ts';
import { DurableConsumer } from './bus.consumer.ts';
import { makeBucket, makeStream } from './bus.make.ts';
import type { Backlog, Bucket, BucketSpec, Bus, Closable, ConsumeOptions, StreamSpec } from './bus.port.ts';
import { request, requestBytes, respond, subscribeLive } from './bus.request.ts';

const PUBLISH_TIMEOUT_MS = 5_000;

/** Resolves once connected, however long that takes. */
export async function openBus(options: BusOptions): Promise<Bus> {
  return new NatsBus(await BusConnection.open(options));
}

class NatsBus implements Bus {
  readonly #link: BusConnection;
  readonly #jetstream: JetStreamClient;
  readonly #streams = new Map<string, StreamSpec>();
  readonly #buckets = new Map<string, BucketSpec>();
  readonly #madeBuckets = new Set<string>();

  constructor(link: BusConnection) {
    this.#link = link;
    this.#jetstream = jetstream(link.nc);
    link.onConnection((connected) => {
      if (connected) void this.#makeAll(link.generation);
    });
  }

  publishLive(subject: string, message: unknown): void {
    if (this.#link.connected) this.#link.nc.publish(subject, encode(message));
  }

  subscribeLive<S extends v.GenericSchema>(
    subject: string,
    schema: S,
    onMessage: (message: v.InferOutput<S>, subject: string) => void,
  ): Closable {
    return subscribeLive(this.#link, subject, schema, onMessage);
  }

  request<S extends v.GenericSchema>(
    subject: string,
    message: unknown,
    result: S,
    timeoutMs: number,
  ): Promise<v.InferOutput<S>> {
    return request(this.#link, subject, message, result, timeoutMs);
  }

  requestBytes(subject: string, message: unknown, timeoutMs: number): Promise<Uint8Array> {
    return requestBytes(this.#link, subject, message, timeoutMs);
  }

  respond<S extends v.GenericSchema>(
    subject: string,
    schema: S,
    answer: (message: v.InferOutput<S>) => Promise<unknown>,
    queue?: string,
  ): Closable {
    return respond(this.#link, subject, schema, answer, queue);
  }

  bucket<S extends v.GenericSchema>(name: string, schema: S): Promise<Bucket<v.InferOutput<S>>> {
    const spec = this.#buckets.get(name) ?? { name, maxAgeMs: null, replicas };
    return Promise.resolve(new NatsBucket(this.#link, spec, schema, this.#madeBuckets));
  }

  async publishFact(subject: string, messageId: string, message: unknown): Promise<void> {
    this.#link.demand(`cannot publish ${subject}`);
    const data = message instanceof Uint8Array ? message : encode(message);
    try {
      await this.#link.orLost(
        this.#jetstream.publish(subject, data, { msgID: messageId, timeout: PUBLISH_TIMEOUT_MS }),
      );
    } catch (cause) {
      throw unavailable(`cannot publish ${subject}`, cause);
    }
  }

  consume(options: ConsumeOptions): Closable {
    return new DurableConsumer(this.#link, options);
  }

  backlog(stream: string, durable: string): Promise<Backlog | null> {
    return backlog(this.#link, stream, durable);
  }

  async declare(specs: { streams: readonly StreamSpec[]; buckets: readonly BucketSpec[] }): Promise<void> {
    for (const spec of specs.streams) this.#streams.set(spec.name, spec);
    for (const spec of specs.buckets) this.#buckets.set(spec.name, spec);
    for (;;) {
      await this.#link.untilConnected(new AbortController().signal);
      if (await this.#makeAll(this.#link.generation)) return;
      if (this.#link.nc.isClosed()) throw new AppError('bus.unavailable', 'the connection to NATS was closed');
    }
  }

  get connected(): boolean {
    return this.#link.connected;
  }

  onConnection(listener: (connected: boolean) => void): Closable {
    return this.#link.onConnection(listener);
  }

  async measureClock(): Promise<{ serverEpochMs: number; uncertaintyMs: number }> {
    this.#link.demand('cannot read the server clock');
    try {
      const manager = await jetstreamManager(this.#link.nc, { checkAPI: false });
      const before = performance.now();
      const stored = await this.#jetstream.publish(clockStream.subject, '', { timeout: PUBLISH_TIMEOUT_MS });
      const after = performance.now();
      const message = await manager.streams.getMessage(clockStream.name, { seq: stored.seq });
      if (message === null) throw new Error('the message was replaced before it could be read');
      const serverEpochMs = message.time.getTime() + performance.now() - (before + after) / 2;
      return { serverEpochMs, uncertaintyMs: (after - before) / 2 };
    } catch (cause) {
      throw unavailable('cannot read the server clock', cause);
    }
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Until everything declared exists or the session ends; true when it does. JetStream may start later than the server. */
  async #makeAll(generation: number): Promise<boolean> {
    for (let attempt = 0; this.#link.connected && this.#link.generation === generation; attempt += 1) {
      try {
        for (const spec of this.#streams.values()) await makeStream(this.#link.nc, spec);
        for (const spec of this.#buckets.values()) {
          await makeBucket(this.#link.nc, spec);
          this.#madeBuckets.add(spec.name);
        }
        return true;
      } catch (error) {
        if (attempt % 20 === 0) this.#link.log.warn({ error }, 'cannot make the streams yet: trying again');
        await delay(500);
      }
    }
    return false;
  }
}
