import { randomBytes, randomUUID } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';
import {
  epochFloorSchema,
  leaseRecordSchema,
  type Availability,
  type EpochFloor,
  type LeaseRecord,
  type WorkerHeartbeat,
} from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import { UNKNOWN_DETAILS, type WorkerDetails } from '#protocol/workers.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { SlewedClock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import { decideClaim, errorOf, SILENCE_LIMIT_MS, type ClaimDecision, type Obstacle } from './decide.ts';
import { mayRun } from './groups.ts';
import { Heartbeat } from './heartbeat.ts';
import { HeldLease, type Lease } from './held-lease.ts';
import { HeldLeases } from './held-leases.ts';
import { LeaseBook, type Found, type Holder } from './lease-book.ts';
import { takesOver } from './moves.ts';
import { isFirst, rankOf } from './rendezvous.ts';

/** Without contact this long, and with other workers registered, a camera is given up. */
const GIVE_UP_MS = 60_000;
const AFTER_HANDOVER_MS = 1_000;
const LEASE_BYTES = 12;

export interface LeasesOptions {
  readonly bus: Bus;
  readonly clock: SlewedClock;
  readonly log: Log;
  readonly worker: string;
  readonly host: string;
  /** Cameras this worker can run well. */
  readonly capacity: number;
  /** Whether it takes more than the `cameras` it holds. */
  readonly availability: (cameras: number) => Availability;
  /** Kind of relay in use, for the heartbeat. */
  readonly relay: () => string;
  /** What it has that others have not. */
  readonly groups?: string[];
  /** The group of workers that a camera is kept to; null: any may run it. */
  readonly groupOf?: (camera: string) => string | null;
  /** What else the heartbeat says. */
  readonly details?: () => Omit<WorkerDetails, 'groups'>;
}

/** What a worker says of itself, but for when. */
export type WorkerStanding = Omit<WorkerHeartbeat, 'atMs'>;

export interface Leases {
  /** What is known, without asking the store, to speak against claiming it now, and for how long; null: nothing. */
  obstacle(camera: string): Obstacle | null;
  /**
   * Tries once. Rejects with camera.held-elsewhere (the message says who), camera.unclaimed (another is to try first, or it
   * is not known yet what was before) or bus.unavailable. A lease that is held already is returned again.
   */
  claim(camera: string): Promise<Lease>;
  /** It counts from then on, and its LeaseStarted is kept: whoever handed it over may stop. */
  started(lease: Lease, countsFromMs: number): Promise<void>;
  /** Asks another worker to take the camera over; null: no longer. Nothing changes until it does. */
  offer(lease: Lease, to: string | null): Promise<void>;
  release(lease: Lease): Promise<void>;
  readonly held: readonly HeldLease[];
  /** Cameras that nobody runs, whose worker is gone, or that this worker is asked to take over, as far as the store told. */
  claimable(): Iterable<string>;
  /** Whether a worker that is heard runs it, this one or another. */
  isHeld(camera: string): boolean;
  /** Whether it is for this worker to tell of a camera that nobody runs: one of those that are heard, the same for all. */
  isSpokesman(camera: string): boolean;
  /** The group of workers that the camera is kept to; null: any may run it. */
  groupOf(camera: string): string | null;
  standing(): WorkerStanding;
  /** Heard of late, without this one. */
  livePeers(): readonly WorkerHeartbeat[];
  /** Says at once what changed about this worker. */
  announce(): Promise<void>;
  /** Called after a silence: what is held then is held for certain again. */
  onCertain(listener: () => void): void;
  /** Releases all and takes this worker off the list. */
  close(): Promise<void>;
}

/** The caller holds the exclusive lock on this worker's data folder. */
export async function openLeases(options: LeasesOptions): Promise<Leases> {
  const records = await options.bus.bucket(buckets.leases, leaseRecordSchema);
  const floors = await options.bus.bucket(buckets.epochFloors, epochFloorSchema);
  const leases = new WorkerLeases(options, records, floors);
  await leases.start();
  return leases;
}

class WorkerLeases implements Leases {
  readonly #options: LeasesOptions;
  readonly #records: Bucket<LeaseRecord>;
  readonly #floors: Bucket<EpochFloor>;
  readonly #bootId = randomUUID();
  readonly #held: HeldLeases;
  /** Being claimed now: room that is taken already. */
  readonly #claiming = new Map<string, Promise<Lease>>();
  readonly #claimableSinceMs = new Map<string, number>();
  readonly #book = new LeaseBook();
  #heartbeat: Heartbeat | null = null;
  /** After a silence, until the store has said who holds what. */
  #mustAsk = false;
  readonly #certainListeners: (() => void)[] = [];
  #watch: Closable | null = null;

  constructor(options: LeasesOptions, records: Bucket<LeaseRecord>, floors: Bucket<EpochFloor>) {
    this.#options = options;
    this.#records = records;
    this.#held = new HeldLeases(records, options.log);
    this.#floors = floors;
  }

  async start(): Promise<void> {
    const { bus, clock, log } = this.#options;
    this.#heartbeat = await Heartbeat.start({
      bus,
      clock,
      log,
      describe: () => this.standing(),
      onBeat: (error, afterMs) => {
        this.#mustAsk ||= afterMs > SILENCE_LIMIT_MS;
        if (error !== null) this.#notRenewed();
        else if (this.#mustAsk) void this.#askAgain();
      },
      onStep: () => {
        // Frame times jumped with the clock: whoever counts must begin a new lease at the new time.
        this.#held.loseAll('the clock was set forward: claiming anew');
      },
    });
    await new Promise<void>((resolve) => {
      this.#watch = this.#records.watch(({ key, value, revision }) => {
        this.#book.note(key, value === null ? null : { record: value, revision });
        void this.#held.compare(key, value, revision);
      }, resolve);
    });
  }

  get held(): readonly HeldLease[] {
    return this.#held.all();
  }

  *claimable(): Iterable<string> {
    yield* this.#book.unheld((holder) => this.#isGone(holder));
    yield* this.#book.offeredTo(this.#options.worker);
  }

  isHeld(camera: string): boolean {
    if (this.#held.get(camera) !== null) return true;
    const record = this.#book.get(camera)?.record;
    if (record === undefined || record.released || record.worker === this.#options.worker) return false;
    return !this.#isGone(record);
  }

  isSpokesman(camera: string): boolean {
    const { worker } = this.#options;
    return isFirst(camera, worker, [worker, ...this.livePeers().map((peer) => peer.worker)]);
  }

  groupOf(camera: string): string | null {
    return this.#options.groupOf?.(camera) ?? null;
  }

  standing(): WorkerStanding {
    const { worker, host, capacity, availability, relay, details, groups = [] } = this.#options;
    const cameras = this.held.filter(({ isTaken }) => !isTaken).length;
    return {
      ...{ worker, bootId: this.#bootId, host, capacity, cameras },
      ...{ availability: availability(this.#held.size), relay: relay(), ...(details?.() ?? UNKNOWN_DETAILS), groups },
    };
  }

  livePeers(): readonly WorkerHeartbeat[] {
    return this.#heartbeat?.livePeers() ?? [];
  }

  async announce(): Promise<void> {
    await this.#heartbeat?.beat();
  }

  obstacle(camera: string): Obstacle | null {
    if (this.#held.get(camera)?.isTaken === true) {
      return {
        why: new AppError('camera.held-elsewhere', 'it was handed over a moment ago'),
        forMs: AFTER_HANDOVER_MS,
      };
    }
    // Whatever the epoch would be.
    const decision = this.#decide(camera, this.#book.get(camera), 0);
    return decision.kind === 'wait' ? { why: errorOf(decision), forMs: decision.forMs } : null;
  }

  onCertain(listener: () => void): void {
    this.#certainListeners.push(listener);
  }

  async claim(camera: string): Promise<Lease> {
    const held = this.#held.get(camera);
    if (held?.isTaken === false) return held;
    const obstacle = this.obstacle(camera);
    if (obstacle !== null) throw obstacle.why;
    // Twice at once would be two leases, of which the first loses what it counts.
    const claiming = this.#claiming.get(camera) ?? this.#claimNow(camera);
    this.#claiming.set(camera, claiming);
    try {
      return await claiming;
    } finally {
      this.#claiming.delete(camera);
    }
  }

  async #claimNow(camera: string): Promise<Lease> {
    const { worker, log } = this.#options;
    const [found, floor] = await Promise.all([this.#records.get(camera), this.#floors.get(camera)]);
    const known = found?.value ? { record: found.value, revision: found.revision } : null;
    let decision = this.#decide(camera, known, floor?.value?.epoch ?? null);
    const holder = known === null || known.record.released ? worker : known.record.worker;
    if (holder !== worker && decision.kind === 'claim' && (await this.#heartbeat?.askFor(holder)) === true) {
      decision = this.#decide(camera, known, floor?.value?.epoch ?? null);
    }
    if (decision.kind === 'wait') throw errorOf(decision);
    const record: LeaseRecord = {
      camera,
      worker,
      bootId: this.#bootId,
      leaseId: randomBytes(LEASE_BYTES).toString('hex'),
      epoch: decision.epoch,
      released: false,
      offeredTo: null,
      takenFrom: decision.takenFrom,
      countsFromMs: null,
    };
    const revision = await this.#write(record, decision.lastRevision);
    this.#claimableSinceMs.delete(camera);
    log.info({ camera, lease: record.leaseId, epoch: record.epoch, from: record.takenFrom }, 'claimed a camera');
    const lease = new HeldLease(record, revision, () => this.#isCertain);
    this.#held.add(lease);
    return lease;
  }

  #decide(camera: string, found: Found | null, epochFloor: number | null): ClaimDecision {
    const { clock, worker, capacity, availability, groups = [] } = this.#options;
    const nowMs = clock.monotonicMs();
    const holder = found === null ? null : (this.#heartbeat?.peer(found.record.worker) ?? null);
    const cameras = this.#held.size + this.#claiming.size - (this.#claiming.has(camera) ? 1 : 0);
    const me = { capacity, cameras, availability: availability(cameras), groups };
    const group = this.groupOf(camera);
    const decision = decideClaim({
      me: { worker, bootId: this.#bootId },
      isOpen: me.availability === 'open',
      lacksGroup: mayRun(me.groups, group) ? null : group,
      takesOffer: holder !== null && takesOver(me, holder, group),
      found,
      holder,
      epochFloor,
      renewingForMs: this.#heartbeat?.renewingForMs ?? 0,
      rank: this.#rank(camera),
      claimableForMs: nowMs - (this.#claimableSinceMs.get(camera) ?? nowMs),
    });
    if (decision.kind === 'claim') return decision;
    if (!decision.claimable) this.#claimableSinceMs.delete(camera);
    else if (!this.#claimableSinceMs.has(camera)) this.#claimableSinceMs.set(camera, nowMs);
    return decision;
  }

  started(lease: Lease, countsFromMs: number): Promise<void> {
    return this.#held.started(lease, countsFromMs);
  }

  offer(lease: Lease, to: string | null): Promise<void> {
    return this.#held.offer(lease, to);
  }

  release(lease: Lease): Promise<void> {
    return this.#held.release(lease, this.#options.bus.connected);
  }

  async close(): Promise<void> {
    this.#watch?.close();
    await Promise.allSettled(this.held.map((lease) => this.release(lease)));
    await this.#heartbeat?.stop().catch(() => undefined);
  }

  /** A write whose outcome stays unknown (timeout) may have landed: the next claim finds this worker's own record. */
  async #write(record: LeaseRecord, lastRevision: number | null): Promise<number> {
    const { camera } = record;
    const revision =
      lastRevision === null
        ? await this.#records.create(camera, record)
        : await this.#records.update(camera, record, lastRevision);
    if (revision !== null) return revision;
    const found = await this.#records.get(camera);
    if (found?.value?.leaseId === record.leaseId) return found.revision;
    const winner = found?.value?.worker ?? 'another worker';
    throw new AppError('camera.held-elsewhere', `${winner} claimed it at the same moment`);
  }

  get #isCertain(): boolean {
    return !this.#mustAsk && (this.#heartbeat?.silentForMs ?? Infinity) < SILENCE_LIMIT_MS;
  }

  /** Others may have claimed in the meantime what this worker holds, and the watch may be slow to say so. */
  async #askAgain(): Promise<void> {
    try {
      await this.#held.askAll();
    } catch {
      return; // No answer is no certainty: the next beat asks again.
    }
    this.#mustAsk = false;
    for (const listener of this.#certainListeners) listener();
  }

  #notRenewed(): void {
    const heartbeat = this.#heartbeat;
    if (heartbeat === null) return;
    // Alone in the fleet, nobody else could count the camera: it goes on into the outbox for as long as it takes.
    if (heartbeat.silentForMs < GIVE_UP_MS || heartbeat.peerCount === 0) return;
    this.#held.loseAll('no contact with NATS for a minute');
  }

  #isGone({ worker, bootId }: Holder): boolean {
    if (worker === this.#options.worker) return bootId !== this.#bootId;
    const peer = this.#heartbeat?.peer(worker);
    return peer?.bootId !== bootId || peer.silentForMs >= SILENCE_LIMIT_MS;
  }

  #rank(camera: string): number {
    const { worker, capacity } = this.#options;
    const peers = this.livePeers()
      .filter(({ availability, groups }) => availability === 'open' && mayRun(groups, this.groupOf(camera)))
      .map((peer) => ({ worker: peer.worker, freeCapacity: peer.capacity - peer.cameras }));
    return rankOf(camera, worker, [...peers, { worker, freeCapacity: capacity - this.#held.size }]);
  }
}
