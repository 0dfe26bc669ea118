import type { KeyFrameRequestStats } from './relay.port.ts';

export const KEY_FRAME_REQUEST_INTERVAL_MS = 2_000;

/**
 * Passes a camera's requests for key frames on, at most one in each interval, so that no crowd of viewers on bad networks
 * makes a camera send key frames only. One that is held back is not made up for: whoever still needs it asks again.
 */
export class KeyFrameRequests {
  readonly #passOn: () => void;
  readonly #nowMs: () => number;
  #passedOnAtMs = -Infinity;
  #asked = 0;
  #passedOn = 0;

  /** `nowMs`: a monotonic clock. */
  constructor(passOn: () => void, nowMs: () => number = () => performance.now()) {
    this.#passOn = passOn;
    this.#nowMs = nowMs;
  }

  ask(): void {
    this.#asked += 1;
    const now = this.#nowMs();
    if (now - this.#passedOnAtMs < KEY_FRAME_REQUEST_INTERVAL_MS) return;
    this.#passedOnAtMs = now;
    this.#passedOn += 1;
    this.#passOn();
  }

  stats(): KeyFrameRequestStats {
    return { asked: this.#asked, passedOn: this.#passedOn };
  }
}
