import type { LeaseRecord } from '#protocol/leases.ts';

export interface Found {
  readonly record: LeaseRecord;
  readonly revision: number;
}

/** One life of one worker. */
export interface Holder {
  readonly worker: string;
  readonly bootId: string;
}

interface Shelf {
  /** null: nobody. */
  readonly holder: Holder | null;
  readonly cameras: Set<string>;
}

/** Who runs what, as the store's watch has told it; also by holder, because whole workers fall silent at once. */
export class LeaseBook {
  readonly #found = new Map<string, Found>();
  readonly #shelves = new Map<string, Shelf>();
  readonly #offers = new Map<string, Set<string>>();

  get(camera: string): Found | null {
    return this.#found.get(camera) ?? null;
  }

  /** null: the store has nothing of the camera. */
  note(camera: string, found: Found | null): void {
    const before = this.#found.get(camera)?.record;
    if (before !== undefined) {
      this.#shelf(before).cameras.delete(camera);
      if (before.offeredTo !== null) this.#offers.get(before.offeredTo)?.delete(camera);
    }
    if (found === null) {
      this.#found.delete(camera);
      return;
    }
    this.#found.set(camera, found);
    this.#shelf(found.record).cameras.add(camera);
    const { offeredTo, released } = found.record;
    if (offeredTo === null || released) return;
    const offers = this.#offers.get(offeredTo) ?? new Set();
    this.#offers.set(offeredTo, offers.add(camera));
  }

  /** Cameras whose holder asks this worker to take them over. */
  offeredTo(worker: string): Iterable<string> {
    return this.#offers.get(worker) ?? [];
  }

  /** Cameras without a holder, and those of holders that are gone by `isGone`. */
  *unheld(isGone: (holder: Holder) => boolean): Iterable<string> {
    for (const [key, { holder, cameras }] of this.#shelves) {
      if (cameras.size === 0) this.#shelves.delete(key);
      else if (holder === null || isGone(holder)) yield* cameras;
    }
  }

  #shelf({ released, worker, bootId }: LeaseRecord): Shelf {
    const key = released ? '' : `${worker}\n${bootId}`;
    const shelf = this.#shelves.get(key) ?? { holder: released ? null : { worker, bootId }, cameras: new Set() };
    this.#shelves.set(key, shelf);
    return shelf;
  }
}
