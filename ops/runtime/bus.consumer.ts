import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  type Consumer,
  type ConsumerInfo,
  type JetStreamManager,
  type JsMsg,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from 'nats';
import { backoffMs, type BackoffPolicy } from './backoff.ts';
import type { Closable, ConsumeOptions } from './bus.port.ts';
import { delay, type BusConnection } from './bus.connection.ts';

const FETCH_LIMIT_MS = 10_000;
/** A pull whose server died is noticed after two of these without a sign of life, and asked anew of its successor. */
const FETCH_SIGN_MS = 1_000;
/** What a receiver that died had in hand goes to the next one after this long. One that lives says so meanwhile. */
const ACK_WAIT_MS = 5_000;
const SAYS_WORKING_EVERY_MS = 1_500;
const BACKOFF: BackoffPolicy = { firstMs: 250, capMs: 10_000, stableMs: 60_000 };
/** A server that has just come to lead a stream may not know its newest messages for a moment. */
const LOOKS_BEFORE_ANEW = 4;
const LOOK_AGAIN_MS = 1_000;
/** A receiver that was away is to catch up soon after it is back. */
const BATCH_BACKOFF: BackoffPolicy = { firstMs: 250, capMs: 2_000, stableMs: 60_000 };

interface StreamPosition {
  readonly created: string;
  readonly lastSeq: number;
}

interface ConsumerPosition {
  /** `created` of the stream it was made on. */
  readonly madeOn: string;
  readonly deliveredSeq: number;
  readonly ackFloorSeq: number;
}

/**
 * A stream that was restored to an older copy, or made anew, makes a durable consumer skip messages in silence: it waits
 * for sequences that come again. True when the consumer must be made anew from the first message.
 */
export function isBeyond(consumer: ConsumerPosition, stream: StreamPosition): boolean {
  return (
    consumer.madeOn !== stream.created ||
    consumer.deliveredSeq > stream.lastSeq ||
    consumer.ackFloorSeq > stream.lastSeq
  );
}

/** nats-server 2.9 has no consumer metadata; the description carries the stream's birth. */
const describe = (stream: StreamInfo): string => `from the stream of ${stream.created}`;

export class DurableConsumer implements Closable {
  readonly #link: BusConnection;
  readonly #options: ConsumeOptions;
  readonly #closed = new AbortController();
  /** Received and not yet acknowledged. */
  readonly #inHand = new Set<JsMsg>();
  readonly #working: NodeJS.Timeout;

  constructor(link: BusConnection, options: ConsumeOptions) {
    this.#link = link;
    this.#options = options;
    this.#working = setInterval(() => {
      for (const message of this.#inHand) message.working();
    }, SAYS_WORKING_EVERY_MS);
    void this.#run();
  }

  close(): void {
    clearInterval(this.#working);
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#over()) {
      await this.#link.untilConnected(this.#closed.signal);
      if (this.#over()) return;
      const generation = this.#link.generation;
      try {
        const consumer = await this.#ensure();
        failures = 0;
        while (!this.#over() && this.#link.connected && this.#link.generation === generation) {
          await this.#fetch(consumer);
        }
      } catch (error) {
        failures += 1;
        if (this.#link.connected && !this.#over()) {
          this.#link.log.warn({ consumer: this.#options.durable, error }, 'a consumer broke: looking at it again');
        }
        await delay(backoffMs(BACKOFF, failures, Math.random()));
      }
    }
  }

  #over(): boolean {
    return this.#closed.signal.aborted || this.#link.nc.isClosed();
  }

  async #ensure(): Promise<Consumer> {
    const { stream, durable } = this.#options;
    const manager = await jetstreamManager(this.#link.nc);
    let { position, existing } = await this.#look(manager);
    for (let looks = 1; looks < LOOKS_BEFORE_ANEW && existing !== null; looks += 1) {
      if (!isBeyond(positionOf(existing), position)) break;
      await delay(LOOK_AGAIN_MS);
      ({ position, existing } = await this.#look(manager));
    }
    if (existing !== null && isBeyond(positionOf(existing), position)) {
      this.#link.log.warn(
        { consumer: durable, delivered: existing.delivered.stream_seq, streamLast: position.lastSeq },
        'the stream went back behind its consumer: reading it again from the first message',
      );
      await manager.consumers.delete(stream, durable);
    }
    const limits = { ack_wait: nanos(ACK_WAIT_MS), max_ack_pending: 4 * this.#maxBatch };
    if (existing === null || isBeyond(positionOf(existing), position)) {
      await manager.consumers.add(stream, {
        durable_name: durable,
        description: position.created,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        max_deliver: -1,
        ...limits,
      });
    } else if (existing.config.ack_wait !== limits.ack_wait) {
      await manager.consumers.update(stream, durable, limits);
    }
    return jetstream(this.#link.nc).consumers.get(stream, durable);
  }

  async #look(manager: JetStreamManager): Promise<{ position: StreamPosition; existing: ConsumerInfo | null }> {
    const { stream, durable } = this.#options;
    const existing = await manager.consumers.info(stream, durable).catch(nullWhenMissing);
    // Second, so that what the consumer was given meanwhile is in it.
    const info = await manager.streams.info(stream);
    return { position: streamPositionOf(info), existing };
  }

  get #maxBatch(): number {
    return this.#options.maxBatch ?? 256;
  }

  /** One pull: at most a batch is held here, whatever the receiver's speed. */
  async #fetch(consumer: Consumer): Promise<void> {
    const messages = await consumer.fetch({
      max_messages: this.#maxBatch,
      expires: FETCH_LIMIT_MS,
      idle_heartbeat: FETCH_SIGN_MS,
    });
    const stop = (): void => {
      messages.stop();
    };
    this.#closed.signal.addEventListener('abort', stop);
    const listener = this.#link.onConnection(stop);
    const arrived: JsMsg[] = [];
    let wake: () => void = () => undefined;
    let ended = false;
    const pump = (async () => {
      try {
        for await (const message of messages) {
          this.#inHand.add(message);
          arrived.push(message);
          wake();
        }
      } finally {
        ended = true;
        wake();
      }
    })();
    pump.catch(() => undefined); // Awaited below, after what arrived was delivered.
    try {
      for (;;) {
        if (arrived.length === 0) {
          if (ended) break;
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        await this.#deliver(arrived.splice(0));
      }
      await pump;
    } finally {
      listener.close();
      this.#closed.signal.removeEventListener('abort', stop);
    }
  }

  /** Again and again until it is taken; an ack that gets lost brings the message a second time. */
  async #deliver(batch: readonly JsMsg[]): Promise<void> {
    const kept = batch.map((message) => ({
      subject: message.subject,
      messageId: message.headers?.get('Nats-Msg-Id') || null,
      data: message.data,
    }));
    for (let failures = 1; !this.#over(); failures += 1) {
      try {
        await this.#options.onBatch(kept);
        for (const message of batch) {
          message.ack();
          this.#inHand.delete(message);
        }
        return;
      } catch (error) {
        if (failures === 1)
          this.#link.log.warn({ consumer: this.#options.durable, error }, 'a batch was not taken: waiting');
        await delay(backoffMs(BATCH_BACKOFF, failures, Math.random()));
      }
    }
  }
}

export function streamPositionOf(info: StreamInfo): StreamPosition {
  return { created: describe(info), lastSeq: info.state.last_seq };
}

export function positionOf(info: ConsumerInfo): ConsumerPosition {
  return {
    madeOn: info.config.description ?? '',
    deliveredSeq: info.delivered.stream_seq,
    ackFloorSeq: info.ack_floor.stream_seq,
  };
}

export function nullWhenMissing(error: unknown): null {
  if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return null;
  throw error;
}
