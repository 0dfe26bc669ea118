import { skewBin, SKEW_BINS, type SkewReport } from '#protocol/skew.ts';

const KEPT = 240;

/** How far the boxes drawn were from the frames they were drawn on: over the last frames, and counted for the next report. */
export class SkewGauge {
  readonly #last: number[] = [];
  #frames = new Array<number>(SKEW_BINS).fill(0);
  #unmatched = 0;
  #estimated = false;

  /** null: nothing was analysed near the frame. */
  add(skewMs: number | null, estimated: boolean): void {
    this.#estimated = estimated;
    if (skewMs === null) {
      this.#unmatched += 1;
      return;
    }
    const bin = skewBin(skewMs);
    this.#frames[bin] = (this.#frames[bin] ?? 0) + 1;
    this.#last.push(skewMs);
    if (this.#last.length > KEPT) this.#last.shift();
  }

  read(): { medianMs: number; p95Ms: number; estimated: boolean } | null {
    const sorted = this.#last.toSorted((a, b) => a - b);
    const medianMs = sorted[Math.floor(sorted.length / 2)];
    const p95Ms = sorted[Math.floor(sorted.length * 0.95)];
    return medianMs === undefined || p95Ms === undefined ? null : { medianMs, p95Ms, estimated: this.#estimated };
  }

  /** Another way of showing boxes: what was measured before is none of its doing. */
  restart(): void {
    this.#last.length = 0;
    this.#clear();
  }

  /** What was counted since it was last taken; null when no frame was shown. */
  take(): Pick<SkewReport, 'isEstimated' | 'frames' | 'unmatched'> | null {
    const taken = { isEstimated: this.#estimated, frames: this.#frames, unmatched: this.#unmatched };
    this.#clear();
    return taken.unmatched === 0 && taken.frames.every((count) => count === 0) ? null : taken;
  }

  #clear(): void {
    this.#frames = new Array<number>(SKEW_BINS).fill(0);
    this.#unmatched = 0;
  }
}
