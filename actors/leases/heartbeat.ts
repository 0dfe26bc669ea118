import type { AppError } from '#protocol/errors.ts';
import { workerHeartbeatSchema, type WorkerHeartbeat } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { SlewedClock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import { SILENCE_LIMIT_MS } from './decide.ts';

const RENEW_EVERY_MS = 2_000;
/** After an attempt that failed: an election of a NATS server's successor may leave little of the silence limit. */
const RETRY_MS = 500;
/**
 * An own renewal older than this says that the store of heartbeats itself may be away: everybody is silent then. Shorter than
 * the silence limit by more than what lies between the others' last renewals and this worker's.
 */
const RENEWAL_GAP_MS = 3_500;
/** Beyond this the machine slept, or its clock was badly wrong: slewing would take days. */
const STEP_MS = 5_000;
/** A measurement that took longer says too little. */
const MAX_UNCERTAINTY_MS = 250;

export interface HeartbeatOptions {
  readonly bus: Bus;
  readonly clock: SlewedClock;
  readonly log: Log;
  /** What this worker says of itself now. */
  readonly describe: () => Omit<WorkerHeartbeat, 'atMs'>;
  /** After each attempt to renew, how long after the last that succeeded (0: the first). `error` null: so did this one. */
  readonly onBeat: (error: AppError | null, afterMs: number) => void;
  /** The fleet's clock was stepped forward by that much: frame times before and after do not compare. */
  readonly onStep: (byMs: number) => void;
}

interface Peer {
  readonly heartbeat: WorkerHeartbeat;
  readonly heardAtMs: number;
}

/** Renews this worker's key, hears the others', and keeps the clock with the server's. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #bucket: Bucket<WorkerHeartbeat>;
  readonly #peers = new Map<string, Peer>();
  readonly #watch: Closable;
  readonly #timer: NodeJS.Timeout;
  #soon: NodeJS.Timeout | null = null;
  #renewingSinceMs: number | null = null;
  #renewedAtMs = -Infinity;
  #beating = false;
  /** Under way. */
  #measured: Promise<void> | null = null;

  private constructor(options: HeartbeatOptions, bucket: Bucket<WorkerHeartbeat>) {
    this.#options = options;
    this.#bucket = bucket;
    this.#watch = bucket.watch(({ key, value }) => {
      this.#hear(key, value);
    });
    this.#timer = setInterval(() => {
      void this.beat();
    }, RENEW_EVERY_MS);
  }

  /** Resolves after the first renewal was tried, and the clock was set. */
  static async start(options: HeartbeatOptions): Promise<Heartbeat> {
    const heartbeat = new Heartbeat(options, await options.bus.bucket(buckets.workers, workerHeartbeatSchema));
    await heartbeat.beat();
    await heartbeat.#measured;
    return heartbeat;
  }

  /** How long without a gap; 0 while there is one. */
  get renewingForMs(): number {
    const now = this.#options.clock.monotonicMs();
    if (this.#renewingSinceMs === null || now - this.#renewedAtMs > RENEWAL_GAP_MS) return 0;
    return now - this.#renewingSinceMs;
  }

  get silentForMs(): number {
    return this.#options.clock.monotonicMs() - this.#renewedAtMs;
  }

  peer(worker: string): (WorkerHeartbeat & { readonly silentForMs: number }) | null {
    const peer = this.#peers.get(worker);
    if (peer === undefined) return null;
    return { ...peer.heartbeat, silentForMs: this.#options.clock.monotonicMs() - peer.heardAtMs };
  }

  /**
   * Reads a silent worker's heartbeat from the store: the server that feeds the watch may have died alone. Returns whether
   * there was any news. Rejects with bus.unavailable.
   */
  async askFor(worker: string): Promise<boolean> {
    const before = this.#peers.get(worker);
    this.#hear(worker, (await this.#bucket.get(worker))?.value ?? null);
    return this.#peers.get(worker) !== before;
  }

  /** Heard within the limit, this worker not among them. */
  livePeers(): WorkerHeartbeat[] {
    const since = this.#options.clock.monotonicMs() - SILENCE_LIMIT_MS;
    const me = this.#options.describe().worker;
    return [...this.#peers.values()]
      .filter(({ heartbeat, heardAtMs }) => heartbeat.worker !== me && heardAtMs >= since)
      .map(({ heartbeat }) => heartbeat);
  }

  /** Registered workers other than this one, silent or not: without contact everybody is silent. */
  get peerCount(): number {
    return [...this.#peers.keys()].filter((worker) => worker !== this.#options.describe().worker).length;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soon ?? undefined);
    this.#watch.close();
    if (this.#options.bus.connected) await this.#bucket.delete(this.#options.describe().worker);
  }

  #hear(worker: string, heartbeat: WorkerHeartbeat | null): void {
    const known = this.#peers.get(worker);
    if (heartbeat === null) {
      this.#peers.delete(worker);
    } else if (known?.heartbeat.atMs !== heartbeat.atMs || known.heartbeat.bootId !== heartbeat.bootId) {
      // A watch that starts again repeats old values: only a new one is a sign of life.
      this.#peers.set(worker, { heartbeat, heardAtMs: this.#options.clock.monotonicMs() });
    }
  }

  /** Says now what there is to say; `onBeat` hears how that went. */
  async beat(): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    const { clock, describe, onBeat } = this.#options;
    try {
      const heartbeat = { ...describe(), atMs: Math.round(clock.epochMs()) };
      await this.#bucket.put(heartbeat.worker, heartbeat);
      const now = clock.monotonicMs();
      const afterMs = now - this.#renewedAtMs;
      if (afterMs > RENEWAL_GAP_MS) this.#renewingSinceMs = now;
      this.#renewedAtMs = now;
      onBeat(null, Number.isFinite(afterMs) ? afterMs : 0);
      this.#measured ??= this.#measure().finally(() => (this.#measured = null));
    } catch (error) {
      onBeat(error as AppError, this.silentForMs);
      this.#soon ??= setTimeout(() => {
        this.#soon = null;
        void this.beat();
      }, RETRY_MS);
    } finally {
      this.#beating = false;
    }
  }

  /** Beside the renewals: another server may tell the time than keeps the heartbeats, and be away alone. */
  async #measure(): Promise<void> {
    try {
      this.#keepTime(await this.#options.bus.measureClock());
    } catch (error) {
      this.#options.log.debug({ error }, 'the fleet’s clock could not be read');
    }
  }

  #keepTime({ serverEpochMs, uncertaintyMs }: { serverEpochMs: number; uncertaintyMs: number }): void {
    if (uncertaintyMs > MAX_UNCERTAINTY_MS) return;
    const { clock, log, onStep } = this.#options;
    const behindMs = serverEpochMs - clock.epochMs();
    if (behindMs > STEP_MS && clock.stepForward(serverEpochMs)) {
      log.warn({ behindMs: Math.round(behindMs) }, 'the clock was far behind (the machine slept?) and was set forward');
      onStep(behindMs);
    } else {
      clock.adjust(serverEpochMs);
    }
  }
}
