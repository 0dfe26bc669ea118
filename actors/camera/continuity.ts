/** The longest gap between two runs that tracks are carried over: nobody walks far in it. */
const BRIDGED_GAP_MS = 1_000;

/**
 * Tells when tracks must not be carried on: at the first frame of a new run that comes more than a second after the last
 * one, or before it (the camera's clock was set back). Ids start anew then, with the run they belong to.
 */
export class Continuity {
  #lastTimeMs: number | null = null;
  #newRun = false;

  runStarted(): void {
    this.#newRun = true;
  }

  /** Called once per frame with its time, epoch ms. */
  isBroken(timeMs: number): boolean {
    const last = this.#lastTimeMs;
    const broken = this.#newRun && last !== null && (timeMs - last > BRIDGED_GAP_MS || timeMs < last);
    this.#newRun = false;
    this.#lastTimeMs = timeMs;
    return broken;
  }
}
