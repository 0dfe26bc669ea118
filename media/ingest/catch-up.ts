import type { AccessUnit } from '../packet.ts';

/** A silence this long is a stall of the network or the camera, not jitter. */
const STALL_MS = 1000;
/** A picture this much later than the quickest is old. */
const STALE_MS = 500;
/** A backlog arrives faster than it was filmed. What goes on being late is a clock that lies, or a link too slow to wait for. */
const MAX_BACKLOG_MS = 2000;
/** The parts of a lump follow each other at once. When nothing follows, it is over, however old it was. */
const LUMP_GAP_MS = 250;
const MAX_HELD_BYTES = 8 * 1024 * 1024;
const MAX_HELD_UNITS = 600;

/**
 * After a stall a camera sends in one lump what it filmed meanwhile. That is not live: what a newer key frame makes
 * pointless to show is told as late. The rest goes on with its own times once the lump is over, since newer pictures refer
 * to it. Holds at most 8 MiB and 600 pictures while a lump arrives; beyond that everything goes until the next key frame.
 */
export class CatchUp {
  readonly #onUnit: (unit: AccessUnit) => void;
  readonly #onLate: (unit: AccessUnit) => void;
  #lastAtMs: number | null = null;
  #lump: Lump | null = null;
  #lumpEnds: NodeJS.Timeout | undefined;
  #needsKeyFrame = false;
  #discarded = 0;

  /** `onLate`: in their order, before what comes next by `onUnit`. */
  constructor(onUnit: (unit: AccessUnit) => void, onLate: (unit: AccessUnit) => void) {
    this.#onUnit = onUnit;
    this.#onLate = onLate;
  }

  /** Pictures that were too old to be shown. */
  get discarded(): number {
    return this.#discarded;
  }

  /** `lateMs`: how much longer the picture was on its way than the quickest of late. */
  push(unit: AccessUnit, lateMs: number): void {
    const silenceMs = unit.receivedAtMs - (this.#lastAtMs ?? unit.receivedAtMs);
    this.#lastAtMs = unit.receivedAtMs;
    if (lateMs > STALE_MS && silenceMs > STALL_MS) this.#lump ??= { beganAtMs: unit.receivedAtMs, held: [], bytes: 0 };
    const lump = this.#lump;
    if (lump === null) {
      this.#handOn(unit);
    } else if (lateMs > STALE_MS && unit.receivedAtMs - lump.beganAtMs <= MAX_BACKLOG_MS) {
      this.#hold(lump, unit);
    } else {
      if (unit.isKeyFrame) this.#discard(lump);
      this.#release();
      this.#handOn(unit);
    }
  }

  /** The session is over: what is held is dropped. */
  close(): void {
    clearTimeout(this.#lumpEnds);
    this.#lump = null;
  }

  #release(): void {
    const held = this.#lump?.held ?? [];
    this.close();
    for (const unit of held) this.#handOn(unit);
  }

  #hold(lump: Lump, unit: AccessUnit): void {
    clearTimeout(this.#lumpEnds);
    this.#lumpEnds = setTimeout(() => {
      this.#release();
    }, LUMP_GAP_MS);
    if (unit.isKeyFrame) this.#discard(lump);
    lump.held.push(unit);
    lump.bytes += unit.nalUnits.reduce((sum, nalUnit) => sum + nalUnit.length, 0);
    if (lump.held.length <= MAX_HELD_UNITS && lump.bytes <= MAX_HELD_BYTES) return;
    this.#discard(lump);
    this.#needsKeyFrame = true;
  }

  #discard(lump: Lump): void {
    this.#discarded += lump.held.length;
    for (const unit of lump.held) this.#onLate(unit);
    lump.held = [];
    lump.bytes = 0;
  }

  #handOn(unit: AccessUnit): void {
    this.#needsKeyFrame &&= !unit.isKeyFrame;
    if (this.#needsKeyFrame) this.#discarded += 1;
    else this.#onUnit(unit);
  }
}

/** Old pictures that arrive after a stall. */
interface Lump {
  readonly beganAtMs: number;
  held: AccessUnit[];
  bytes: number;
}
