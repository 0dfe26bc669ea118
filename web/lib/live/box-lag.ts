import type { ShownFrame } from './frame-clock.ts';
import { rtpTimestampOf, signedTicks, TICKS_PER_MS } from './ticks.ts';

/** Arrivals remembered: pictures whose packets met no queue on the way are among them. */
const PICTURES = 64;
/** Boxes remembered: some seconds of them. */
const BOXES = 50;
/** The video is never held longer: past this it is no longer live. */
const MAX_HOLD_MS = 1_000;
/** Drawing, and what the browser's own scheduling takes off. */
const MARGIN_MS = 30;
/** A little less would do: not worth speeding the video up for. */
const SLACK_MS = 60;

/**
 * How long boxes come after the picture they were computed from has arrived, and so how long the video has to be held for
 * them. Times are `performance.now()`; pictures and boxes are matched by RTP time.
 */
export class BoxLag {
  /** Arrival of each picture, as the offset of its RTP time from `#origin` leaves it. */
  readonly #arrivals: number[] = [];
  readonly #lags: number[] = [];
  readonly #intervals: number[] = [];
  #origin: number | null = null;
  #lastBoxes: number | null = null;
  #holdMs = 0;

  picture({ rtpTimestamp, receivedAtMs, estimated }: ShownFrame): void {
    if (receivedAtMs === null || estimated) return;
    // Another timeline, or a stamp far from the first: what was measured against it says nothing.
    if (this.#origin === null || Math.abs(signedTicks(rtpTimestamp, this.#origin)) > 2 ** 30)
      this.#restart(rtpTimestamp);
    keep(this.#arrivals, receivedAtMs - this.#sinceOriginMs(rtpTimestamp), PICTURES);
  }

  boxes(ticks90k: number, nowMs: number): void {
    const rtpTimestamp = rtpTimestampOf(ticks90k);
    if (this.#lastBoxes !== null) {
      const intervalMs = signedTicks(rtpTimestamp, this.#lastBoxes) / TICKS_PER_MS;
      if (intervalMs > 0 && intervalMs < 5_000) keep(this.#intervals, intervalMs, BOXES);
    }
    this.#lastBoxes = rtpTimestamp;
    if (this.#origin === null || this.#arrivals.length === 0) return;
    const arrivedAtMs = Math.min(...this.#arrivals) + this.#sinceOriginMs(rtpTimestamp);
    keep(this.#lags, Math.max(0, nowMs - arrivedAtMs), BOXES);
  }

  /** Median, ms; null before both pictures and boxes have come. */
  get medianMs(): number | null {
    return quantile(this.#lags, 0.5);
  }

  /**
   * How long the video should be held so that a frame's boxes are there when it is shown, and those of the next analysed
   * frame too: a frame between the two is drawn with both. Follows a longer need at once, a shorter one only when it pays.
   */
  holdMs(): number {
    const lag = quantile(this.#lags, 0.95);
    if (lag === null) return this.#holdMs;
    const needed = Math.ceil(Math.min(MAX_HOLD_MS, lag + (quantile(this.#intervals, 0.5) ?? 0) + MARGIN_MS));
    if (needed > this.#holdMs || needed < this.#holdMs - SLACK_MS) this.#holdMs = needed;
    return this.#holdMs;
  }

  #sinceOriginMs(rtpTimestamp: number): number {
    return signedTicks(rtpTimestamp, this.#origin ?? rtpTimestamp) / TICKS_PER_MS;
  }

  #restart(origin: number): void {
    this.#origin = origin;
    this.#arrivals.length = 0;
    this.#lags.length = 0;
  }
}

function keep(values: number[], value: number, most: number): void {
  values.push(value);
  if (values.length > most) values.shift();
}

function quantile(values: readonly number[], share: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? null;
}
