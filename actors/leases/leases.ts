import { randomBytes, randomUUID } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';
import { epochFloorSchema, leaseRecordSchema, type EpochFloor, type LeaseRecord } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { SlewedClock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import { decideClaim, settle, SILENCE_LIMIT_MS, type ClaimDecision } from './decide.ts';
import { Heartbeat } from './heartbeat.ts';
import { rankOf } from './rendezvous.ts';

/** Without contact this long, and with other workers registered, a camera is given up. */
const GIVE_UP_MS = 60_000;
const LEASE_BYTES = 12;

export interface LeasesOptions {
  readonly bus: Bus;
  readonly clock: SlewedClock;
  readonly log: Log;
  readonly worker: string;
  readonly host: string;
  /** Cameras this worker can run well. */
  readonly capacity: number;
  /** Kind of relay in use, for the heartbeat. */
  readonly relay: () => string;
  /** After a silence: what is held now is held for certain again. */
  readonly onCertain: () => void;
}

/** The right to count one camera from some time on. */
export interface Lease {
  readonly camera: string;
  readonly worker: string;
  readonly leaseId: string;
  readonly epoch: number;
  /**
   * False while this worker's renewals fail or it slept, until the store was asked: another may have the camera by now, so
   * nothing is to be told of it that another would tell otherwise. What is counted is kept all the same.
   */
  readonly isCertain: boolean;
  /** Resolves (never rejects) with the reason once the right is gone; not when it was released. */
  readonly lost: Promise<AppError>;
}

export interface Leases {
  /**
   * Tries once. Rejects with camera.held-elsewhere (the message says who), camera.unclaimed (another is to try first, or it
   * is not known yet what was before) or bus.unavailable; trying again soon is right after all, and costs nothing while
   * another worker is heard to run it. A lease that is held already is returned again.
   */
  claim(camera: string): Promise<Lease>;
  release(lease: Lease): Promise<void>;
  /** Releases all and takes this worker off the list. */
  close(): Promise<void>;
}

interface Found {
  readonly record: LeaseRecord;
  readonly revision: number;
}

interface Held {
  readonly lease: Lease;
  readonly record: LeaseRecord;
  revision: number;
  readonly lose: (error: AppError) => void;
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
  readonly #held = new Map<string, Held>();
  readonly #claimableSinceMs = new Map<string, number>();
  /** The store as the watch has told it. */
  readonly #seen = new Map<string, Found>();
  #heartbeat: Heartbeat | null = null;
  /** After a silence, until the store has said who holds what. */
  #mustAsk = false;
  #watch: Closable | null = null;

  constructor(options: LeasesOptions, records: Bucket<LeaseRecord>, floors: Bucket<EpochFloor>) {
    this.#options = options;
    this.#records = records;
    this.#floors = floors;
  }

  async start(): Promise<void> {
    const { bus, clock, log, worker, host, capacity, relay } = this.#options;
    this.#heartbeat = await Heartbeat.start({
      bus,
      clock,
      log,
      describe: () => ({ worker, bootId: this.#bootId, host, capacity, cameras: this.#held.size, relay: relay() }),
      onBeat: (error, afterMs) => {
        this.#mustAsk ||= afterMs > SILENCE_LIMIT_MS;
        if (error !== null) this.#notRenewed();
        else if (this.#mustAsk) void this.#askAgain();
      },
      onStep: () => {
        // Frame times jumped with the clock: whoever counts must begin a new lease at the new time.
        for (const camera of [...this.#held.keys()]) this.#lose(camera, 'the clock was set forward: claiming anew');
      },
    });
    this.#watch = this.#records.watch(({ key, value, revision }) => {
      if (value === null) this.#seen.delete(key);
      else this.#seen.set(key, { record: value, revision });
      void this.#compare(key, value, revision);
    });
  }

  async claim(camera: string): Promise<Lease> {
    const held = this.#held.get(camera);
    if (held !== undefined) return held.lease;
    const { worker, log } = this.#options;
    const seen = this.#seen.get(camera);
    // Whatever the epoch would be: while another is heard to run it, nothing needs to be read.
    if (seen !== undefined) this.#mayClaim(camera, seen, 0);
    const [found, floor] = await Promise.all([this.#records.get(camera), this.#floors.get(camera)]);
    const known = found?.value ? { record: found.value, revision: found.revision } : null;
    const decision = this.#mayClaim(camera, known, floor?.value?.epoch ?? null);
    const record: LeaseRecord = {
      camera,
      worker,
      bootId: this.#bootId,
      leaseId: randomBytes(LEASE_BYTES).toString('hex'),
      epoch: decision.epoch,
      released: false,
    };
    const revision = await this.#write(record, decision.lastRevision);
    this.#claimableSinceMs.delete(camera);
    log.info({ camera, lease: record.leaseId, epoch: record.epoch }, 'claimed a camera');
    return this.#hold(record, revision);
  }

  /** Throws why not now. */
  #mayClaim(camera: string, found: Found | null, epochFloor: number | null): Extract<ClaimDecision, { kind: 'claim' }> {
    const nowMs = this.#options.clock.monotonicMs();
    const decision = decideClaim({
      me: { worker: this.#options.worker, bootId: this.#bootId },
      found,
      holder: found === null ? null : (this.#heartbeat?.peer(found.record.worker) ?? null),
      epochFloor,
      renewingForMs: this.#heartbeat?.renewingForMs ?? 0,
      rank: this.#rank(camera),
      claimableForMs: nowMs - (this.#claimableSinceMs.get(camera) ?? nowMs),
    });
    if (decision.kind === 'claim') return decision;
    if (!decision.claimable) this.#claimableSinceMs.delete(camera);
    else if (!this.#claimableSinceMs.has(camera)) this.#claimableSinceMs.set(camera, nowMs);
    throw new AppError(decision.isHeld ? 'camera.held-elsewhere' : 'camera.unclaimed', decision.reason);
  }

  async release(lease: Lease): Promise<void> {
    const held = this.#held.get(lease.camera);
    if (held?.lease !== lease) return;
    this.#held.delete(lease.camera);
    if (!this.#options.bus.connected) return; // The heartbeat falls silent instead.
    await this.#records.update(lease.camera, { ...held.record, released: true }, held.revision);
  }

  async close(): Promise<void> {
    this.#watch?.close();
    await Promise.allSettled([...this.#held.values()].map(({ lease }) => this.release(lease)));
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

  #hold(record: LeaseRecord, revision: number): Lease {
    const lost = Promise.withResolvers<AppError>();
    const { camera, worker, leaseId, epoch } = record;
    const isCertain = (): boolean => this.#isCertain;
    const lease: Lease = {
      ...{ camera, worker, leaseId, epoch, lost: lost.promise },
      get isCertain() {
        return isCertain();
      },
    };
    this.#held.set(camera, { lease, record, revision, lose: lost.resolve });
    return lease;
  }

  /** The key as the store has it now, against what this worker believes. */
  async #compare(camera: string, found: LeaseRecord | null, revision: number): Promise<void> {
    const held = this.#held.get(camera);
    if (held === undefined) return;
    const settlement = settle(held.record, found);
    if (settlement === 'adopt') {
      held.revision = revision;
    } else if (settlement === 'lost') {
      // The watch may lag behind this worker's own newer claim: only what the store holds now counts.
      const now = await this.#records.get(camera).catch(() => null);
      const winner = now?.value ?? null;
      if (this.#held.get(camera) !== held || winner === null) return;
      if (settle(held.record, winner) === 'lost') this.#lose(camera, `worker ${winner.worker} runs it now`);
    } else {
      await this.#writeAgain(held, revision);
    }
  }

  async #writeAgain(held: Held, revision: number): Promise<void> {
    const { camera } = held.record;
    try {
      const now = await this.#records.get(camera);
      if (this.#held.get(camera) !== held || settle(held.record, now?.value ?? null) !== 'write-again') return;
      const last = now === null ? null : now.revision;
      const written =
        last === null || now?.value === null
          ? await this.#records.create(camera, held.record)
          : await this.#records.update(camera, held.record, last);
      if (written === null) return; // Changed again: the watch brings it.
      held.revision = written;
      this.#options.log.warn({ camera, revision }, 'the store went back behind a claim: wrote it again');
    } catch (error) {
      this.#options.log.warn({ camera, error }, 'a claim could not be written again yet');
    }
  }

  get #isCertain(): boolean {
    return !this.#mustAsk && (this.#heartbeat?.silentForMs ?? Infinity) < SILENCE_LIMIT_MS;
  }

  /** Others may have claimed in the meantime what this worker holds, and the watch may be slow to say so. */
  async #askAgain(): Promise<void> {
    try {
      for (const camera of [...this.#held.keys()]) {
        const found = await this.#records.get(camera);
        await this.#compare(camera, found?.value ?? null, found?.revision ?? 0);
      }
    } catch {
      return; // No answer is no certainty: the next beat asks again.
    }
    this.#mustAsk = false;
    this.#options.onCertain();
  }

  #notRenewed(): void {
    const heartbeat = this.#heartbeat;
    if (heartbeat === null) return;
    // Alone in the fleet, nobody else could count the camera: it goes on into the outbox for as long as it takes.
    if (heartbeat.silentForMs < GIVE_UP_MS || heartbeat.peerCount === 0) return;
    for (const camera of [...this.#held.keys()]) this.#lose(camera, 'no contact with NATS for a minute');
  }

  #lose(camera: string, reason: string): void {
    const held = this.#held.get(camera);
    if (held === undefined) return;
    this.#held.delete(camera);
    this.#options.log.warn({ camera, lease: held.lease.leaseId, reason }, 'lost a camera');
    held.lose(new AppError('camera.held-elsewhere', reason));
  }

  #rank(camera: string): number {
    const { worker, capacity } = this.#options;
    const peers = (this.#heartbeat?.livePeers() ?? []).map((peer) => ({
      worker: peer.worker,
      freeCapacity: peer.capacity - peer.cameras,
    }));
    return rankOf(camera, worker, [...peers, { worker, freeCapacity: capacity - this.#held.size }]);
  }
}
