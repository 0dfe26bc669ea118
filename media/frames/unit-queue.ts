/** What the queue needs to know of an access unit. */
export interface QueuedUnit {
  readonly isKeyFrame: boolean;
  readonly data: Uint8Array;
}

export interface UnitQueueLimits {
  /** A key frame with more than this waiting before it makes them pointless: decoding starts from it. */
  readonly catchUpUnits: number;
  /** More than this, or `maxBytes`, waiting: everything goes until the next key frame. */
  readonly maxUnits: number;
  readonly maxBytes: number;
}

/**
 * Access units waiting for a decoder. H.264 cannot skip one without losing all up to the next key frame, so what is
 * dropped is always a run that ends at a key frame.
 */
export class UnitQueue<U extends QueuedUnit> {
  private readonly limits: UnitQueueLimits;
  private units: U[] = [];
  private bytes = 0;
  private needsKeyFrame = true;

  constructor(limits: UnitQueueLimits) {
    this.limits = limits;
  }

  get length(): number {
    return this.units.length;
  }

  /** Returns how many units this dropped, the pushed one included. `keepsAll`: being late is no reason to skip to a key frame. */
  push(unit: U, keepsAll = false): number {
    if (this.needsKeyFrame && !unit.isKeyFrame) return 1;
    let dropped = 0;
    const isLate = !keepsAll && this.units.length > this.limits.catchUpUnits;
    if (unit.isKeyFrame && (this.needsKeyFrame || isLate)) dropped += this.clear();
    this.needsKeyFrame = false;
    if (this.units.length >= this.limits.maxUnits || this.bytes + unit.data.byteLength > this.limits.maxBytes) {
      dropped += this.clear() + 1;
      this.needsKeyFrame = true;
      return dropped;
    }
    this.units.push(unit);
    this.bytes += unit.data.byteLength;
    return dropped;
  }

  shift(): U | undefined {
    const unit = this.units.shift();
    if (unit !== undefined) this.bytes -= unit.data.byteLength;
    return unit;
  }

  /** The decoder lost its references: nothing is of use before the next key frame. Returns how many were dropped. */
  skipToKeyFrame(): number {
    const at = this.units.findIndex((unit) => unit.isKeyFrame);
    if (at === -1) {
      this.needsKeyFrame = true;
      return this.clear();
    }
    for (const unit of this.units.splice(0, at)) this.bytes -= unit.data.byteLength;
    return at;
  }

  private clear(): number {
    const count = this.units.length;
    this.units = [];
    this.bytes = 0;
    return count;
  }
}
