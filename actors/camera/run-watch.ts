/** A stream that is connected but brings nothing for this long is called stalled. */
const QUIET_MS = 5_000;
/** An analysed stream whose pictures give no frame for this long (or two key-frame intervals) is started anew. */
const NO_FRAME_MS = 10_000;

export interface RunWatchEvents {
  onMedia(): void;
  onQuiet(): void;
  /** Pictures arrive but none can be decoded. Only with `expectFrames`. */
  onNoFrames(forMs: number): void;
}

/**
 * Silence as failure, for one session: told of every picture and frame, asked about the time. Pure but for its state, so
 * that tests own the clock.
 */
export class RunWatch {
  readonly #events: RunWatchEvents;
  readonly #expectFrames: boolean;
  #lastMediaAtMs: number | null = null;
  #lastKeyAtMs: number | null = null;
  #longestGopMs = 0;
  #framesSinceMs: number | null = null;
  #quiet = false;

  constructor(events: RunWatchEvents, expectFrames: boolean) {
    this.#events = events;
    this.#expectFrames = expectFrames;
  }

  picture(nowMs: number, isKeyFrame: boolean): void {
    if (isKeyFrame) {
      if (this.#lastKeyAtMs !== null) this.#longestGopMs = Math.max(this.#longestGopMs, nowMs - this.#lastKeyAtMs);
      this.#lastKeyAtMs = nowMs;
    }
    const isNews = this.#lastMediaAtMs === null || this.#quiet;
    this.#lastMediaAtMs = nowMs;
    // The wait for frames begins with the pictures, and anew after a silence.
    if (isNews) this.#framesSinceMs = nowMs;
    this.#quiet = false;
    if (isNews) this.#events.onMedia();
  }

  frame(nowMs: number): void {
    this.#framesSinceMs = nowMs;
  }

  tick(nowMs: number): void {
    if (this.#lastMediaAtMs === null || this.#quiet) return;
    if (nowMs - this.#lastMediaAtMs >= QUIET_MS) {
      this.#quiet = true;
      this.#events.onQuiet();
      return;
    }
    const limitMs = Math.max(NO_FRAME_MS, 2 * this.#longestGopMs);
    if (this.#expectFrames && this.#framesSinceMs !== null && nowMs - this.#framesSinceMs >= limitMs) {
      this.#events.onNoFrames(nowMs - this.#framesSinceMs);
    }
  }
}
