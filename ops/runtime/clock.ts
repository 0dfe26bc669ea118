/** Time as everything here takes it: injected, so that tests own it. */
export interface Clock {
  /** Never steps back; ms since an arbitrary start, with fraction. */
  monotonicMs(): number;
  /** Epoch ms on the fleet's clock: monotonic time plus an offset that only slews. */
  epochMs(): number;
}

/** The greatest rate at which the offset is corrected: a clock that is 1 s off takes 2000 s to come right. */
const SLEW_PPM = 500;

/**
 * Monotonic clock plus an offset. The offset starts at the machine's wall clock; `adjust` moves its target, towards which
 * it slews at 500 ppm, so that a step of the local clock changes nothing and stamps never run backwards.
 */
export class SlewedClock implements Clock {
  readonly #monotonic: () => number;
  #offsetMs: number;
  #targetMs: number;
  #slewedAtMs: number;

  constructor(monotonic: () => number = () => performance.now(), wallMs: number = Date.now()) {
    this.#monotonic = monotonic;
    this.#slewedAtMs = monotonic();
    this.#offsetMs = wallMs - this.#slewedAtMs;
    this.#targetMs = this.#offsetMs;
  }

  monotonicMs(): number {
    return this.#monotonic();
  }

  epochMs(): number {
    const now = this.#monotonic();
    const budget = ((now - this.#slewedAtMs) * SLEW_PPM) / 1e6;
    const missing = this.#targetMs - this.#offsetMs;
    this.#offsetMs += Math.sign(missing) * Math.min(Math.abs(missing), budget);
    this.#slewedAtMs = now;
    return now + this.#offsetMs;
  }

  /** `trueEpochMs` is what the fleet's clock shows now, as measured. */
  adjust(trueEpochMs: number): void {
    this.epochMs();
    this.#targetMs = trueEpochMs - this.#monotonic();
  }

  /**
   * Forward at once, for what slewing cannot mend: the monotonic clock stands still while a machine sleeps. Backward it
   * slews as ever, because stamps must not repeat. True when it stepped.
   */
  stepForward(trueEpochMs: number): boolean {
    const missing = trueEpochMs - this.epochMs();
    if (missing <= 0) return false;
    this.#offsetMs += missing;
    this.#targetMs = this.#offsetMs;
    return true;
  }

  /** Distance still to be slewed. */
  get errorMs(): number {
    return Math.abs(this.#targetMs - this.#offsetMs);
  }
}
