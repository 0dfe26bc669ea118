import type { AccessUnit } from '../packet.ts';

export const MAX_CACHED_BYTES = 4 * 1024 * 1024;
export const MAX_CACHED_TICKS_90K = 10 * 90_000;

/**
 * The current group of pictures, from its key frame on: what a decoder or a viewer needs to begin now instead of at the
 * next key frame. A group beyond 4 MiB or 10 s is given up as a whole, since half of one shows nothing.
 */
export class KeyFrameCache {
  #units: AccessUnit[] = [];
  #bytes = 0;

  push(unit: AccessUnit): void {
    if (unit.isKeyFrame) this.clear();
    else if (this.#units.length === 0) return;
    this.#units.push(unit);
    for (const nalUnit of unit.nalUnits) this.#bytes += nalUnit.length;
    const spanTicks90k = unit.ticks90k - (this.#units[0]?.ticks90k ?? unit.ticks90k);
    if (this.#bytes > MAX_CACHED_BYTES || spanTicks90k > MAX_CACHED_TICKS_90K) this.clear();
  }

  /** Key frame first, newest last; empty while there is no group within the bounds. A copy. */
  units(): readonly AccessUnit[] {
    return [...this.#units];
  }

  get bytes(): number {
    return this.#bytes;
  }

  clear(): void {
    this.#units = [];
    this.#bytes = 0;
  }
}
