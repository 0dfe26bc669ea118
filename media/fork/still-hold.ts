import type { UnitUse } from '../frames/decoder.port.ts';
import type { AccessUnit } from '../packet.ts';
import { MAX_CACHED_BYTES, MAX_CACHED_TICKS_90K } from './key-frame-cache.ts';

/** A camera with key frames more often is looked at this often, one with fewer at each, and one with very few in between. */
const LOOK_AFTER_MS = 950;
/** More than the two seconds many cameras have between key frames: a look in between would shift all later ones off theirs. */
const LOOK_AT_THE_LATEST_MS = 2_500;
/** A look that was not answered by then, in the stream's own time, was lost. */
const ANSWERED_WITHIN_MS = 5_000;
/** A camera whose groups of pictures are too long to hold is not asked to sleep again for so long. */
const TRIES_AGAIN_AFTER_MS = 60_000;

const TICKS_PER_MS = 90;

/** Pictures, the one that was looked at included, of which it is known now that nothing happened in them. */
export interface Vouched {
  readonly pictures: number;
  readonly forMs: number;
}

/**
 * Holds a still scene's pictures back instead of decoding them, in the compressed form they came in. Now and then one is
 * looked at, a key frame if possible; when nothing has changed there, those before it are let go. When something has, all
 * that are held are decoded, from their key frame on, and analysed with their own times: nobody who walked by between two
 * looks is missed. What is held stays below 4 MiB and 10 s; a scene for which that is too little is decoded all the time.
 */
export class StillHold {
  readonly #decode: (unit: AccessUnit, use: UnitUse) => void;
  readonly #sizes = new PictureSizes();
  /** From a key frame on: the current group of pictures, and while asleep those before it that nobody vouches for yet. */
  #units: AccessUnit[] = [];
  #bytes = 0;
  /** So many of the units need no more attention: they were analysed, or a look after them saw nothing. */
  #watched = 0;
  /** Time of the last of them. */
  #watchedTicks = 0;
  /** The decoder has the unit before this place as its last. */
  #decoded = 0;
  #isAsleep = false;
  #look: { readonly ticks90k: number } | null = null;
  #lookedAtTicks = 0;
  #awakeUntilTicks = 0;

  constructor(decode: (unit: AccessUnit, use: UnitUse) => void) {
    this.#decode = decode;
  }

  get isAsleep(): boolean {
    return this.#isAsleep;
  }

  /** Compressed bytes held, awake (to begin from) or asleep. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `late`: it was on its way for long, and comes with others. */
  push(unit: AccessUnit, use: 'live' | 'late' = 'live'): void {
    if (!this.#isAsleep) {
      if (unit.isKeyFrame) this.#forget(this.#units.length);
      this.#keep(unit);
      this.#sizes.add(unit);
      this.#give(unit, use);
      return;
    }
    this.#keep(unit);
    if (this.#isTooMuch(unit)) {
      this.#awakeUntilTicks = unit.ticks90k + TRIES_AGAIN_AFTER_MS * TICKS_PER_MS;
      this.wake();
    } else if (this.#sizes.isUnusual(unit) || this.#isLookLost(unit)) {
      this.wake();
    } else if (this.#isTimeToLook(unit)) {
      this.#startLook(unit);
    }
  }

  /** The scene is still and nobody is in sight: pictures are held back from the next one on, if that can be done. */
  sleep(): void {
    const last = this.#units.at(-1);
    if (this.#isAsleep || last === undefined || last.ticks90k < this.#awakeUntilTicks) return;
    this.#isAsleep = true;
    this.#lookedAtTicks = this.#watchedTicks = last.ticks90k;
  }

  /** Something is there: all that is held is decoded, and what comes is decoded as it comes. */
  wake(): void {
    if (!this.#isAsleep) return;
    this.#isAsleep = false;
    this.#look = null;
    const first = this.#decoded === this.#watched ? this.#watched : this.#groupOf(this.#watched);
    for (const unit of this.#units.slice(first, this.#watched)) this.#decode(unit, 'chain');
    for (const unit of this.#units.slice(this.#watched)) this.#decode(unit, 'late');
    this.#watched = this.#decoded = this.#units.length;
    this.#forget(this.#groupOf(this.#units.length - 1));
  }

  /** The answer to a look. Where something changed, and where nobody waits for the answer any more, it vouches for nothing. */
  looked(ticks90k: number, isStill: boolean): Vouched | null {
    if (!this.#isAsleep || this.#look?.ticks90k !== ticks90k) return null;
    this.#look = null;
    const place = this.#units.findIndex((unit) => unit.ticks90k === ticks90k);
    if (!isStill || place === -1) {
      this.wake();
      return null;
    }
    const pictures = place + 1 - this.#watched;
    const forMs = (ticks90k - this.#watchedTicks) / TICKS_PER_MS;
    this.#watched = place + 1;
    this.#watchedTicks = ticks90k;
    this.#forget(this.#groupOf(place));
    return { pictures, forMs };
  }

  #startLook(unit: AccessUnit): void {
    this.#look = { ticks90k: unit.ticks90k };
    this.#lookedAtTicks = unit.ticks90k;
    const last = this.#units.length - 1;
    const first = unit.isKeyFrame ? last : Math.max(this.#decoded, this.#groupOf(last));
    for (const before of this.#units.slice(first, last)) this.#decode(before, 'chain');
    this.#decode(unit, 'look');
    this.#decoded = this.#units.length;
  }

  #isTimeToLook(unit: AccessUnit): boolean {
    if (this.#look !== null) return false;
    const sinceMs = (unit.ticks90k - this.#lookedAtTicks) / TICKS_PER_MS;
    return sinceMs >= (unit.isKeyFrame ? LOOK_AFTER_MS : LOOK_AT_THE_LATEST_MS);
  }

  #isLookLost(unit: AccessUnit): boolean {
    return this.#look !== null && unit.ticks90k - this.#look.ticks90k > ANSWERED_WITHIN_MS * TICKS_PER_MS;
  }

  #isTooMuch(unit: AccessUnit): boolean {
    const spanTicks90k = unit.ticks90k - (this.#units[0]?.ticks90k ?? unit.ticks90k);
    return this.#bytes > MAX_CACHED_BYTES || spanTicks90k > MAX_CACHED_TICKS_90K;
  }

  /** Without its key frame a group is worth nothing, so one that is too large is not kept on while awake. */
  #keep(unit: AccessUnit): void {
    if (this.#units.length === 0 && !unit.isKeyFrame) return;
    this.#units.push(unit);
    this.#bytes += bytesOf(unit);
    if (!this.#isAsleep && this.#isTooMuch(unit)) this.#forget(this.#units.length);
  }

  #give(unit: AccessUnit, use: UnitUse): void {
    this.#decode(unit, use);
    this.#watched = this.#decoded = this.#units.length;
  }

  #forget(count: number): void {
    for (const unit of this.#units.splice(0, count)) this.#bytes -= bytesOf(unit);
    this.#watched = Math.max(0, this.#watched - count);
    this.#decoded = Math.max(0, this.#decoded - count);
  }

  /** The key frame at or before a place. */
  #groupOf(place: number): number {
    return Math.max(
      0,
      this.#units.findLastIndex((unit, i) => i <= place && unit.isKeyFrame),
    );
  }
}

/** How large pictures between key frames are while nothing happens; motion makes them larger, where noise does not hide it. */
class PictureSizes {
  #mean = 0;
  #unrest = 0;
  #count = 0;

  add(unit: AccessUnit): void {
    if (unit.isKeyFrame) return;
    const size = bytesOf(unit);
    this.#count = Math.min(this.#count + 1, PICTURES_KNOWN);
    this.#mean += (size - this.#mean) / this.#count;
    this.#unrest += (Math.abs(size - this.#mean) - this.#unrest) / this.#count;
  }

  isUnusual(unit: AccessUnit): boolean {
    if (unit.isKeyFrame || this.#count < PICTURES_KNOWN) return false;
    const size = bytesOf(unit);
    if (size > UNUSUAL_RATIO * this.#mean && size > this.#mean + UNUSUAL_UNRESTS * this.#unrest) return true;
    this.add(unit);
    return false;
  }
}

const PICTURES_KNOWN = 30;
const UNUSUAL_RATIO = 1.5;
const UNUSUAL_UNRESTS = 6;

function bytesOf({ nalUnits }: AccessUnit): number {
  return nalUnits.reduce((sum, nalUnit) => sum + nalUnit.length, 0);
}
