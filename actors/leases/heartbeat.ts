import type { AppError } from '#protocol/errors.ts';
import { workerHeartbeatSchema, type WorkerHeartbeat } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { SlewedClock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import { SILENCE_LIMIT_MS } from './decide.ts';

const RENEW_EVERY_MS = 2_000;
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
  #renewingSinceMs: number | null = null;
  #renewedAtMs = -Infinity;
  #beating = false;

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

  /** Resolves after the first renewal was tried. */
  static async start(options: HeartbeatOptions): Promise<Heartbeat> {
    const heartbeat = new Heartbeat(options, await options.bus.bucket(buckets.workers, workerHeartbeatSchema));
    await heartbeat.beat();
    return heartbeat;
  }

  /** 0 while the last renewal is older than others would wait. */
  get renewingForMs(): number {
    const now = this.#options.clock.monotonicMs();
    if (this.#renewingSinceMs === null || now - this.#renewedAtMs > SILENCE_LIMIT_MS) return 0;
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
    const { bus, clock, describe, onBeat } = this.#options;
    try {
      const heartbeat = { ...describe(), atMs: Math.round(clock.epochMs()) };
      await this.#bucket.put(heartbeat.worker, heartbeat);
      const now = clock.monotonicMs();
      const afterMs = now - this.#renewedAtMs;
      if (afterMs > SILENCE_LIMIT_MS) this.#renewingSinceMs = now;
      this.#renewedAtMs = now;
      onBeat(null, Number.isFinite(afterMs) ? afterMs : 0);
      this.#keepTime(await bus.measureClock());
    } catch (error) {
      onBeat(error as AppError, this.silentForMs);
    } finally {
      this.#beating = false;
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
