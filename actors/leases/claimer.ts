import { AppError, toAppError } from '#protocol/errors.ts';
import type { Availability } from '#protocol/leases.ts';
import type { Clock } from '#ops/runtime/clock.ts';
import { mayRun } from './groups.ts';
import type { Lease } from './held-lease.ts';
import type { Leases } from './leases.ts';

/**
 * A camera whose worker died is to be counted again within ten seconds, six of which pass until its silence is sure. To look
 * costs nothing.
 */
const LOOK_EVERY_MS = 500;
/** After an attempt that asked the store. */
const RETRY_MS = 2_000;
const AT_ONCE = 16;
/** A camera that changes hands is nobody's for a moment; longer is told. */
const TELL_AFTER_MS = 3_000;

export interface ClaimerEvents {
  readonly onClaimed: (lease: Lease) => void;
  /** Nobody runs it, and it is for this worker to say why; once for each reason. */
  readonly onUnclaimed: (camera: string, why: AppError) => void;
}

export type ClaimableLeases = Pick<
  Leases,
  'claim' | 'obstacle' | 'claimable' | 'isHeld' | 'isSpokesman' | 'groupOf' | 'standing' | 'livePeers'
>;

interface Unheld {
  readonly sinceMs: number;
  nextAtMs: number;
  isAsked: boolean;
  /** The reason told last. */
  told: string | null;
  why: AppError | null;
}

/** Claims cameras for this worker: those wanted that nobody runs, or that it is asked to take over. */
export class Claimer {
  readonly #leases: ClaimableLeases;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #events: ClaimerEvents;
  readonly #wanted = new Set<string>();
  /** Of them, those not known to be run by anybody. */
  readonly #unheld = new Map<string, Unheld>();
  readonly #timer: NodeJS.Timeout;
  #asking = 0;
  #soon: NodeJS.Immediate | null = null;

  constructor(leases: ClaimableLeases, clock: Pick<Clock, 'monotonicMs'>, events: ClaimerEvents) {
    this.#leases = leases;
    this.#clock = clock;
    this.#events = events;
    this.#timer = setInterval(() => {
      this.look();
    }, LOOK_EVERY_MS);
  }

  /** From now on; with `afterMs` it is left alone at first. */
  want(camera: string, afterMs = 0): void {
    this.#wanted.add(camera);
    // Wanted again, under other settings: what is under way goes on.
    if (!this.#unheld.has(camera)) this.#unheld.set(camera, this.#entry(afterMs));
    this.#askSoon();
  }

  unwant(camera: string): void {
    this.#wanted.delete(camera);
    this.#unheld.delete(camera);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#wanted.clear();
    this.#unheld.clear();
  }

  /** Notes what has become free and what is taken, asks for what may be had, and tells of what may not. */
  look(): void {
    const claimable = new Set<string>();
    for (const camera of this.#leases.claimable()) {
      if (!this.#wanted.has(camera)) continue;
      claimable.add(camera);
      if (!this.#unheld.has(camera)) this.#unheld.set(camera, this.#entry(0));
    }
    const noRoom = new Map<string | null, AppError | null>();
    for (const [camera, unheld] of this.#unheld) {
      if (!unheld.isAsked && !claimable.has(camera) && this.#leases.isHeld(camera)) this.#unheld.delete(camera);
      else {
        const group = this.#leases.groupOf(camera);
        if (!noRoom.has(group)) noRoom.set(group, this.#noRoom(group));
        this.#tell(camera, unheld, noRoom.get(group) ?? unheld.why);
      }
    }
    this.#askForMore();
  }

  /** Many cameras become wanted at once: they are gone through once. */
  #askSoon(): void {
    if (this.#soon !== null) return;
    this.#soon = setImmediate(() => {
      this.#soon = null;
      this.#askForMore();
    });
  }

  #askForMore(): void {
    const now = this.#clock.monotonicMs();
    for (const [camera, unheld] of this.#unheld) {
      if (this.#asking >= AT_ONCE) return;
      if (unheld.isAsked || now < unheld.nextAtMs) continue;
      const obstacle = this.#leases.obstacle(camera);
      unheld.why = obstacle?.why ?? null;
      if (obstacle === null) void this.#ask(camera, unheld);
      else unheld.nextAtMs = now + obstacle.forMs;
    }
  }

  async #ask(camera: string, unheld: Unheld): Promise<void> {
    unheld.isAsked = true;
    this.#asking += 1;
    try {
      const lease = await this.#leases.claim(camera);
      if (this.#unheld.get(camera) === unheld) this.#unheld.delete(camera);
      this.#events.onClaimed(lease);
    } catch (error) {
      unheld.why = toAppError(error);
      unheld.nextAtMs = this.#clock.monotonicMs() + RETRY_MS;
    } finally {
      unheld.isAsked = false;
      this.#asking -= 1;
    }
    this.#askSoon();
  }

  #tell(camera: string, unheld: Unheld, why: AppError | null): void {
    if (why === null || why.message === unheld.told) return;
    if (this.#clock.monotonicMs() - unheld.sinceMs < TELL_AFTER_MS || !this.#leases.isSpokesman(camera)) return;
    unheld.told = why.message;
    this.#events.onUnclaimed(camera, why);
  }

  /** Why no worker of the group takes more; null: some would. */
  #noRoom(group: string | null): AppError | null {
    const all = [this.#leases.standing(), ...this.#leases.livePeers()];
    const fleet = all.filter(({ groups }) => mayRun(groups, group));
    const worker = group === null ? 'worker' : `worker of group ${group}`;
    if (fleet.length === 0) return new AppError('camera.unclaimed', `it is kept to a ${worker}, and none is there`);
    if (fleet.some(({ availability }) => availability === 'open')) return null;
    // Whoever tells, the same words.
    const sorted = fleet.toSorted((a, b) => (a.worker < b.worker ? -1 : 1));
    const each = sorted.map(
      ({ worker: name, availability, cameras }) => `${name} ${WORDS[availability]} (${String(cameras)})`,
    );
    return new AppError('fleet.full', `no ${worker} takes more cameras: ${each.join(', ')}`);
  }

  #entry(afterMs: number): Unheld {
    const now = this.#clock.monotonicMs();
    return { sinceMs: now, nextAtMs: now + afterMs, isAsked: false, told: null, why: null };
  }
}

const WORDS: Readonly<Record<Availability, string>> = {
  open: 'has room',
  full: 'is full',
  cordoned: 'is cordoned',
  leaving: 'is leaving',
};
