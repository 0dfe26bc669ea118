import { AppError } from '#protocol/errors.ts';
import type { LeaseRecord } from '#protocol/leases.ts';
import type { Bucket } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';
import { settle } from './decide.ts';
import type { HeldLease } from './held-lease.ts';
import { type Lease } from './held-lease.ts';

/** What this worker holds, in agreement with the store. */
export class HeldLeases {
  readonly #records: Bucket<LeaseRecord>;
  readonly #log: Log;
  readonly #held = new Map<string, HeldLease>();

  constructor(records: Bucket<LeaseRecord>, log: Log) {
    this.#records = records;
    this.#log = log;
  }

  get size(): number {
    return this.#held.size;
  }

  get(camera: string): HeldLease | null {
    return this.#held.get(camera) ?? null;
  }

  all(): readonly HeldLease[] {
    return [...this.#held.values()];
  }

  add(lease: HeldLease): void {
    this.#held.set(lease.camera, lease);
  }

  async started(lease: Lease, countsFromMs: number): Promise<void> {
    const held = this.#held.get(lease.camera);
    if (held !== lease) return;
    held.started();
    // Nobody waits for the others.
    if (held.record.takenFrom !== null) await this.#amend(held, { countsFromMs });
  }

  async offer(lease: Lease, to: string | null): Promise<void> {
    const held = this.#held.get(lease.camera);
    if (held === lease && held.isSettled && held.record.offeredTo !== to) await this.#amend(held, { offeredTo: to });
  }

  /** `isHeard`: otherwise the store is not written, and the heartbeat falls silent instead. */
  async release(lease: Lease, isHeard: boolean): Promise<void> {
    const held = this.#held.get(lease.camera);
    if (held !== lease) return;
    this.#held.delete(lease.camera);
    held.end();
    if (held.isTaken || !isHeard) return;
    await this.#records.update(lease.camera, { ...held.record, offeredTo: null, released: true }, held.revision);
  }

  /** The key as the store has it now, against what this worker believes. */
  async compare(camera: string, found: LeaseRecord | null, revision: number): Promise<void> {
    const held = this.#held.get(camera);
    if (held === undefined) return;
    const settlement = settle(held.record, found);
    if (settlement === 'adopt') {
      held.revision = revision;
    } else if (settlement === 'write-again') {
      if (!held.isTaken) await this.#writeAgain(held, revision);
    } else if (found?.takenFrom === held.leaseId) {
      held.passOn(found.countsFromMs, (counted) => {
        const why = counted ? 'runs it now, as agreed' : 'took it and got no picture while this one had the camera';
        this.lose(camera, `worker ${found.worker} ${why}`, counted ? 'info' : 'warn');
      });
    } else {
      // The watch may lag behind this worker's own newer claim: only what the store holds now counts.
      const now = await this.#records.get(camera).catch(() => null);
      const winner = now?.value ?? null;
      if (this.#held.get(camera) !== held || winner === null || winner.takenFrom === held.leaseId) return;
      if (settle(held.record, winner) === 'lost') this.lose(camera, `worker ${winner.worker} runs it now`);
    }
  }

  async #writeAgain(held: HeldLease, revision: number): Promise<void> {
    const { camera } = held;
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
      this.#log.warn({ camera, revision }, 'the store went back behind a claim: wrote it again');
    } catch (error) {
      this.#log.warn({ camera, error }, 'a claim could not be written again yet');
    }
  }

  /** Rejects with bus.unavailable. */
  async askAll(): Promise<void> {
    for (const camera of [...this.#held.keys()]) {
      const found = await this.#records.get(camera);
      await this.compare(camera, found?.value ?? null, found?.revision ?? 0);
    }
  }

  loseAll(reason: string): void {
    for (const camera of [...this.#held.keys()]) this.lose(camera, reason);
  }

  lose(camera: string, reason: string, level: 'info' | 'warn' = 'warn'): void {
    const held = this.#held.get(camera);
    if (held === undefined) return;
    this.#held.delete(camera);
    this.#log[level]({ camera, lease: held.leaseId, reason }, 'lost a camera');
    held.lose(new AppError('camera.held-elsewhere', reason));
  }

  /** If the record is another by now, the watch says so. */
  async #amend(held: HeldLease, change: Partial<LeaseRecord>): Promise<void> {
    const record = { ...held.record, ...change };
    const revision = await this.#records.update(held.camera, record, held.revision);
    if (revision !== null) Object.assign(held, { record, revision });
  }
}
