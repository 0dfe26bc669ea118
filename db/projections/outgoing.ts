import { isDeepStrictEqual } from 'node:util';
import type { Watermark } from '#protocol/leases.ts';
import { watermarkKey, watermarkSchema } from '#protocol/leases.ts';
import { countsMessageSchema, type CountsMessage } from '#protocol/live.ts';
import { areaMessageSchema, type AreaMessage } from '#protocol/sites.ts';
import { buckets } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';

const RETRY_MS = 500;

/**
 * What the projector tells after a commit: counts, areas and watermarks, the newest of each key, until the bus has them. A bus
 * that is away delays them and nothing else; there is at most one entry a camera, an area and a lease.
 */
export class Outgoing implements Closable {
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #counts: Bucket<CountsMessage>;
  readonly #watermarks: Bucket<Watermark>;
  readonly #areas: Bucket<AreaMessage>;
  /** What the bucket holds, or will; null: a key found there that nothing was told of yet. */
  readonly #toldAreas: Map<string, AreaMessage | null>;
  readonly #dirtyCounts = new Map<string, CountsMessage>();
  readonly #dirtyAreas = new Map<string, AreaMessage | null>();
  readonly #dirtyWatermarks = new Map<string, Watermark>();
  #sending = false;
  #closed = false;
  #retry: NodeJS.Timeout | null = null;

  private constructor(
    bus: Bus,
    log: Log,
    into: { counts: Bucket<CountsMessage>; watermarks: Bucket<Watermark>; areas: Bucket<AreaMessage> },
    areaKeys: readonly string[],
  ) {
    this.#bus = bus;
    this.#log = log;
    this.#counts = into.counts;
    this.#watermarks = into.watermarks;
    this.#areas = into.areas;
    this.#toldAreas = new Map(areaKeys.map((key) => [key, null]));
  }

  static async open(bus: Bus, log: Log): Promise<Outgoing> {
    const counts = await bus.bucket(buckets.counts, countsMessageSchema);
    const watermarks = await bus.bucket(buckets.watermarks, watermarkSchema);
    const areas = await bus.bucket(buckets.areas, areaMessageSchema);
    return new Outgoing(bus, log, { counts, watermarks, areas }, await areas.keys());
  }

  tell(counts: readonly CountsMessage[], watermarks: readonly Watermark[]): void {
    for (const message of counts) {
      this.#dirtyCounts.set(message.camera, message);
      this.#bus.publishLive(subjects.liveCounts(message.camera), message);
    }
    for (const watermark of watermarks) this.#dirtyWatermarks.set(watermarkKey(watermark), watermark);
    void this.#send();
  }

  /** Older ones than what was told are left out; `complete`: there are no other areas any more. */
  tellAreas(areas: readonly AreaMessage[], complete = false): void {
    for (const message of areas) {
      const told = this.#toldAreas.get(message.area) ?? null;
      if (told !== null && (told.version > message.version || isDeepStrictEqual(told, message))) continue;
      this.#toldAreas.set(message.area, message);
      this.#dirtyAreas.set(message.area, message);
    }
    const present = new Set(areas.map(({ area }) => area));
    for (const gone of complete ? [...this.#toldAreas.keys()].filter((key) => !present.has(key)) : []) {
      this.#toldAreas.delete(gone);
      this.#dirtyAreas.set(gone, null);
    }
    void this.#send();
  }

  /** The bucket may have lost what it was told. */
  forgetAreas(): void {
    for (const key of this.#toldAreas.keys()) this.#toldAreas.set(key, null);
  }

  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  async #send(): Promise<void> {
    if (this.#sending || this.#closed) return;
    this.#sending = true;
    try {
      while (this.#dirtyCounts.size + this.#dirtyWatermarks.size + this.#dirtyAreas.size > 0) {
        await sendAll(this.#dirtyWatermarks, this.#watermarks);
        await sendAll(this.#dirtyCounts, this.#counts);
        await sendAll(this.#dirtyAreas, this.#areas);
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

/** One after the other for a key, so that an older value never lands after a newer one. null: the key goes. */
async function sendAll<T>(dirty: Map<string, T | null>, bucket: Bucket<T>): Promise<void> {
  const sending = [...dirty].map(async ([key, value]) => {
    await (value === null ? bucket.delete(key) : bucket.put(key, value));
    if (dirty.get(key) === value) dirty.delete(key);
  });
  const failed = (await Promise.allSettled(sending)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
