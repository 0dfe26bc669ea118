const BUCKET_MS = 1000;
const BUCKETS = 10;
/** How much faster than it says a camera may be: some state half their rate, none of them lies by more. */
const FACTOR = 3;
const ALWAYS_ALLOWED_FPS = 60;
const UNSTATED_FPS = 120;

/**
 * Notices a camera that sends far more pictures than it says, as some do after their clock was set: each would be shown,
 * and many decoded. Counts arrivals over ten seconds, so that what a stall held back and delivers at once passes.
 */
export class PictureRate {
  readonly #counts = new Array<number>(BUCKETS).fill(0);
  #bucket = 0;

  /** Called once per picture; `statedFps` as the stream describes itself. The rate, when it is far too high, else null. */
  excess(receivedAtMs: number, statedFps: number | null): number | null {
    const bucket = Math.floor(receivedAtMs / BUCKET_MS);
    const passed = Math.min(bucket - this.#bucket, BUCKETS);
    for (let nth = 1; nth <= passed; nth += 1) this.#counts[(bucket - passed + nth) % BUCKETS] = 0;
    this.#bucket = bucket;
    const at = bucket % BUCKETS;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    const fps = this.#counts.reduce((sum, count) => sum + count, 0) / ((BUCKETS * BUCKET_MS) / 1000);
    const allowedFps = statedFps === null ? UNSTATED_FPS : Math.max(ALWAYS_ALLOWED_FPS, FACTOR * statedFps);
    return fps > allowedFps ? fps : null;
  }
}
