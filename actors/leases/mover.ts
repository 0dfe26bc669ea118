import { toAppError } from '#protocol/errors.ts';
import type { Clock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import type { HeldLease } from './held-lease.ts';
import type { Leases, WorkerStanding } from './leases.ts';
import { planMoves } from './moves.ts';

const LOOK_EVERY_MS = 1_000;
/** An offer that is not taken by then is taken back, and the worker left in peace for a while. */
const OFFER_LIMIT_MS = 5_000;
const LEFT_IN_PEACE_MS = 30_000;

export interface MoverOptions {
  readonly leases: Pick<Leases, 'held' | 'offer' | 'groupOf' | 'standing' | 'livePeers' | 'announce'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  /** Whether somebody is near one of the camera's lines or in a zone. */
  readonly isBusy: (camera: string) => boolean;
}

/** Hands cameras over: a few to a worker with less to do, all of them when this worker leaves. */
export class Mover {
  readonly #options: MoverOptions;
  readonly #offered = new Map<HeldLease, { readonly to: string; readonly atMs: number }>();
  readonly #leftInPeaceUntilMs = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  /** Who was there at the last look, and how. */
  #fleet = '';
  #changedAtMs: number;
  #isLooking = false;

  constructor(options: MoverOptions) {
    this.#options = options;
    this.#changedAtMs = options.clock.monotonicMs();
    this.#timer = setInterval(() => {
      void this.#look();
    }, LOOK_EVERY_MS);
  }

  /**
   * Resolves once every camera is another's, nobody takes the rest, or the time is up. The worker says of itself that it
   * is leaving before this is called.
   */
  async drain(limitMs: number): Promise<void> {
    const { leases, clock, log } = this.#options;
    const deadline = clock.monotonicMs() + limitMs;
    await leases.announce();
    if (leases.held.length > 0 && leases.livePeers().length > 0) await sleep(LOOK_EVERY_MS); // Others may leave, too.
    while (leases.held.length > 0 && clock.monotonicMs() < deadline) {
      await this.#look();
      if (this.#offered.size === 0 && leases.held.every(({ isTaken }) => !isTaken)) break;
      await sleep(LOOK_EVERY_MS / 4);
    }
    log.info({ left: leases.held.length }, 'handed over what others take');
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const now = this.#options.clock.monotonicMs();
    try {
      await this.#takeBack(now);
      await this.#offerMore(now);
    } catch (error) {
      this.#options.log.warn({ error: toAppError(error) }, 'cameras could not be handed over just now');
    } finally {
      this.#isLooking = false;
    }
  }

  async #offerMore(now: number): Promise<void> {
    const { leases, log, isBusy } = this.#options;
    const [me, peers] = [leases.standing(), leases.livePeers()];
    this.#noteFleet([me, ...peers], now);
    const movable = leases.held.filter((lease) => lease.isSettled && !this.#offered.has(lease));
    const moves = planMoves({
      me,
      peers: peers.filter(({ worker }) => (this.#leftInPeaceUntilMs.get(worker) ?? 0) <= now),
      cameras: movable.map(({ camera }) => ({ camera, isQuiet: !isBusy(camera), group: leases.groupOf(camera) })),
      moving: this.#offered.size,
      calmForMs: now - this.#changedAtMs,
    });
    for (const { camera, to } of moves) {
      const lease = movable.find((each) => each.camera === camera);
      if (lease === undefined) continue;
      this.#offered.set(lease, { to, atMs: now });
      log.info({ camera, to }, 'asked another worker to take a camera over');
      await leases.offer(lease, to);
    }
  }

  #noteFleet(workers: readonly WorkerStanding[], now: number): void {
    const fleet = workers.map(({ worker, availability, bootId }) => `${worker} ${availability} ${bootId}`);
    const told = fleet.sort().join();
    if (told !== this.#fleet) this.#changedAtMs = now;
    this.#fleet = told;
  }

  async #takeBack(now: number): Promise<void> {
    const { leases } = this.#options;
    const held = new Set(leases.held);
    for (const [lease, { to, atMs }] of this.#offered) {
      const isOver = lease.isTaken || !held.has(lease);
      if (!isOver && now - atMs < OFFER_LIMIT_MS) continue;
      this.#offered.delete(lease);
      if (isOver) continue;
      this.#leftInPeaceUntilMs.set(to, now + LEFT_IN_PEACE_MS);
      await leases.offer(lease, null);
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
