import type { Watermark } from '#protocol/leases.ts';
import { watermarkSchema } from '#protocol/leases.ts';
import { countsMessageSchema, type CountsMessage } from '#protocol/live.ts';
import { buckets } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';

const RETRY_MS = 500;

/**
 * What the projector tells after a commit: counts and watermarks, the newest of each key, until the bus has them. A bus that
 * is away delays them and nothing else; there is at most one entry a camera and a lease.
 */
export class Outgoing implements Closable {
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #counts: Bucket<CountsMessage>;
  readonly #watermarks: Bucket<Watermark>;
  readonly #dirtyCounts = new Map<string, CountsMessage>();
  readonly #dirtyWatermarks = new Map<string, Watermark>();
  #sending = false;
  #closed = false;
  #retry: NodeJS.Timeout | null = null;

  private constructor(bus: Bus, log: Log, counts: Bucket<CountsMessage>, watermarks: Bucket<Watermark>) {
    this.#bus = bus;
    this.#log = log;
    this.#counts = counts;
    this.#watermarks = watermarks;
  }

  static async open(bus: Bus, log: Log): Promise<Outgoing> {
    const counts = await bus.bucket(buckets.counts, countsMessageSchema);
    return new Outgoing(bus, log, counts, await bus.bucket(buckets.watermarks, watermarkSchema));
  }

  tell(counts: readonly CountsMessage[], watermarks: readonly Watermark[]): void {
    for (const message of counts) {
      this.#dirtyCounts.set(message.camera, message);
      this.#bus.publishLive(subjects.liveCounts(message.camera), message);
    }
    for (const watermark of watermarks) this.#dirtyWatermarks.set(watermark.leaseId, watermark);
    void this.#send();
  }

  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  async #send(): Promise<void> {
    if (this.#sending || this.#closed) return;
    this.#sending = true;
    try {
      while (this.#dirtyCounts.size + this.#dirtyWatermarks.size > 0) {
        await sendAll(this.#dirtyWatermarks, this.#watermarks);
        await sendAll(this.#dirtyCounts, this.#counts);
      }
    } catch (error) {
      if (this.#bus.connected) this.#log.warn({ error }, 'counts and watermarks could not be told: trying again');
      this.#retry = setTimeout(() => {
        void this.#send();
      }, RETRY_MS);
    } finally {
      this.#sending = false;
    }
  }
}

/** One after the other for a key, so that an older value never lands after a newer one. */
async function sendAll<T>(dirty: Map<string, T>, bucket: Bucket<T>): Promise<void> {
  const sending = [...dirty].map(async ([key, value]) => {
    await bucket.put(key, value);
    if (dirty.get(key) === value) dirty.delete(key);
  });
  const failed = (await Promise.allSettled(sending)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
