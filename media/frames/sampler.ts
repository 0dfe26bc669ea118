/** A step back or a pause this long starts the pacing afresh. */
const RESTART_TICKS = 5 * 90_000;

/**
 * Chooses which frames to hand on so that at most `maxFps` pass in the long run, evenly spaced by their own times. Of two
 * frames around a due time the nearer passes, so a camera at exactly `maxFps` with jitter loses none.
 */
export class FrameSampler {
  private intervalTicks: number;
  private dueTicks = 0;
  private lastTicks: number | null = null;

  constructor(maxFps: number) {
    this.intervalTicks = 90_000 / maxFps;
  }

  /** From the next frame on. */
  pace(maxFps: number): void {
    this.intervalTicks = 90_000 / maxFps;
  }

  wants(ticks90k: number): boolean {
    const gapTicks = this.lastTicks === null ? -1 : ticks90k - this.lastTicks;
    this.lastTicks = ticks90k;
    if (gapTicks < 0 || gapTicks > RESTART_TICKS) {
      this.dueTicks = ticks90k + this.intervalTicks;
      return true;
    }
    const earlyTicks = Math.min(gapTicks, this.intervalTicks) / 2;
    if (ticks90k + earlyTicks <= this.dueTicks) return false;
    // A slow camera earns no burst: the next due time is never more than half an interval behind its place.
    this.dueTicks = Math.max(this.dueTicks, ticks90k - this.intervalTicks / 2) + this.intervalTicks;
    return true;
  }
}
