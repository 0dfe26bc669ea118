/** The longest gap between two runs that tracks are carried over, beyond the usual time between frames: nobody walks far in it. */
const BRIDGED_GAP_MS = 1_000;
/** Frames that come more rarely than this are a gap themselves. */
const MAX_INTERVAL_MS = 500;

/**
 * Tells when tracks must not be carried on: at the first frame of a new run when more than a second is missing before it, or
 * when it comes before the last one (the camera's clock was set back). Ids start anew then, with the run they belong to.
 */
export class Continuity {
  #lastTimeMs: number | null = null;
  #intervalMs = 0;
  #newRun = false;

  runStarted(): void {
    this.#newRun = true;
  }

  /** Called once per frame with its time, epoch ms. */
  isBroken(timeMs: number): boolean {
    const last = this.#lastTimeMs;
    const gapMs = last === null ? 0 : timeMs - last;
    const broken = this.#newRun && (gapMs > BRIDGED_GAP_MS + this.#intervalMs || gapMs < 0);
    if (!this.#newRun) this.#intervalMs = Math.min(gapMs, MAX_INTERVAL_MS);
    this.#newRun = false;
    this.#lastTimeMs = timeMs;
    return broken;
  }
}
