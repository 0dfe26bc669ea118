import type { Clock } from '#ops/runtime/clock.ts';
import type { SenderReport } from './packet.ts';
import { WindowedMinimum } from './windowed-minimum.ts';

const TICKS_PER_MS = 90;

/** Long enough to hold frames that met no queue on the way, short enough for a 50 ppm clock to drift only 1.5 ms. */
const DELAY_WINDOW_MS = 30_000;
/** A session's first second: the estimate is followed at once, however it moves. Nothing is counted yet. */
const SNAP_MS = 1000;
/** How long after a session's start, and after its first sender reports, corrections are quick. */
const ACQUIRE_MS = 10_000;
/** Frame times of a steady stream are stretched or squeezed by no more than this, unless the error is large. */
const STEADY_RATE = 500e-6;
/** A large error is worn down within about this time, by at most this rate. */
const ACQUIRING = { timeConstantMs: 1000, maxRate: 0.2 } as const;
const STEADY = { timeConstantMs: 20_000, maxRate: 0.05 } as const;
/** RTP time that steps in one frame by more than this against arrival, or back at all, was reset by the camera. */
const JUMP_TICKS = 500 * TICKS_PER_MS;
/** Beyond this a clock is simply wrong and the timeline starts over from arrival. */
const LOST_TICKS = 10_000 * TICKS_PER_MS;
/** Two streams whose delays seem to differ by more do not share a clock, whatever their reports say. */
const MAX_STREAM_DIFFERENCE_TICKS = 1000 * TICKS_PER_MS;

/** Reports of one stream that differ by more, which is also what careless cameras are off by: the clock was set, or one is wrong. */
const CLOCK_STEP_TICKS = 200 * TICKS_PER_MS;

export type StreamName = 'main' | 'sub';

/** One stream's RTP clock on its camera's timeline. */
export interface StreamClock {
  /**
   * Epoch ms * 90 of a frame: an integer, strictly greater than the one before, also across wrap, jumps and restarts. To
   * be called once per frame, in order, with `Clock.monotonicMs()` at the arrival of its first packet.
   */
  ticksOf(rtpTimestamp: number, receivedAtMs: number): number;
  senderReport(report: SenderReport): void;
  /** A new session begins: RTP time and the camera's reports start anew. */
  restart(): void;
}

/**
 * Puts a camera's streams, each with an RTP clock of its own (random start, drift, wrap), onto one timeline: epoch time
 * in 90 kHz ticks. A frame's time is its RTP time plus an offset, the least arrival delay of the last 30 s, so that
 * network jitter does not show. When both streams carry sender reports, these relate the two RTP clocks and the lesser
 * delay serves both: frames taken at one instant then get one time. Offsets follow clock drift slowly, so that frame
 * times stay smooth. Time starts at the arrival of the frames that travelled fastest: the unknowable least delay between
 * lens and here is part of it.
 */
export class CameraTimeline {
  readonly #streams: Readonly<Record<StreamName, Stream>>;

  constructor(clock: Clock) {
    const arrivalTicks = (receivedAtMs: number): number =>
      (clock.epochMs() - clock.monotonicMs() + receivedAtMs) * TICKS_PER_MS;
    const main = new Stream(arrivalTicks);
    const sub = new Stream(arrivalTicks);
    main.relateTo(sub);
    sub.relateTo(main);
    this.#streams = { main, sub };
  }

  stream(name: StreamName): StreamClock {
    return this.#streams[name];
  }
}

class Stream implements StreamClock {
  readonly #arrivalTicks: (receivedAtMs: number) => number;
  readonly #delays = new WindowedMinimum(DELAY_WINDOW_MS);
  #peer: Stream | null = null;
  /** RTP time without wrap; null before a session's first frame. */
  #extended: number | null = null;
  #receivedAtMs = 0;
  /** What is added to extended RTP time. */
  #offsetTicks = 0;
  /** What is added to extended RTP time to get the camera's NTP time, in ticks; null without a report. */
  #ntpOffsetTicks: number | null = null;
  /** The same as the last report has it, whether it is believed or not. */
  #reportedTicks: number | null = null;
  #snapUntilMs = 0;
  #acquireUntilMs = 0;
  #wasRelated = false;
  #lastTicks = 0;

  constructor(arrivalTicks: (receivedAtMs: number) => number) {
    this.#arrivalTicks = arrivalTicks;
  }

  relateTo(peer: Stream): void {
    this.#peer = peer;
  }

  ticksOf(rtpTimestamp: number, receivedAtMs: number): number {
    const extended = this.#extend(rtpTimestamp);
    const delay = this.#arrivalTicks(receivedAtMs) - extended;
    const advance = this.#extended === null ? null : extended - this.#extended;
    if (advance === null || this.#hasJumped(advance, delay, receivedAtMs)) this.#begin(receivedAtMs);
    this.#extended = extended;
    this.#receivedAtMs = receivedAtMs;
    this.#delays.add(delay, receivedAtMs);
    this.#steer(this.#targetTicks(delay, receivedAtMs), advance ?? 0, receivedAtMs);
    this.#lastTicks = Math.max(this.#lastTicks + 1, Math.round(extended + this.#offsetTicks));
    return this.#lastTicks;
  }

  senderReport(report: SenderReport): void {
    const reported = report.ntpMs * TICKS_PER_MS - this.#extend(report.rtpTimestamp);
    const before = this.#reportedTicks ?? reported;
    this.#reportedTicks = reported;
    const isSteady = Math.abs(reported - before) <= CLOCK_STEP_TICKS;
    this.#ntpOffsetTicks = isSteady ? reported : null;
    // The other stream's report is from before the step: the two say nothing of each other until both reported again.
    if (!isSteady && this.#peer !== null) this.#peer.#ntpOffsetTicks = null;
  }

  restart(): void {
    this.#forget();
    this.#extended = null;
  }

  /** RTP time without wrap: the value nearest to the last frame's. */
  #extend(rtpTimestamp: number): number {
    if (this.#extended === null) return rtpTimestamp;
    const difference = (rtpTimestamp - this.#extended) | 0; // Signed 32 bits.
    return this.#extended + difference;
  }

  #hasJumped(advance: number, delay: number, receivedAtMs: number): boolean {
    if (advance < -JUMP_TICKS) return true;
    if (Math.abs(delay - this.#offsetTicks) > LOST_TICKS) return true;
    const arrivalAdvance = (receivedAtMs - this.#receivedAtMs) * TICKS_PER_MS;
    const leastDelay = this.#delays.minimum(receivedAtMs) ?? delay;
    // After a stall RTP time also gains on arrival, but only until the delay is back at its least.
    return advance - arrivalAdvance > JUMP_TICKS && leastDelay - delay > JUMP_TICKS;
  }

  #begin(receivedAtMs: number): void {
    if (this.#extended !== null) this.#forget();
    this.#snapUntilMs = receivedAtMs + SNAP_MS;
    this.#acquireUntilMs = receivedAtMs + ACQUIRE_MS;
  }

  #forget(): void {
    this.#delays.clear();
    this.#ntpOffsetTicks = null;
    this.#reportedTicks = null;
    this.#wasRelated = false;
  }

  /** Where the offset should be: the least delay of this stream or, through the reports, of the other if that is less. */
  #targetTicks(delay: number, nowMs: number): number {
    const own = this.#delays.minimum(nowMs) ?? delay;
    const related = this.#relatedTicks(nowMs);
    if (related === null || Math.abs(related - own) > MAX_STREAM_DIFFERENCE_TICKS) return own;
    if (!this.#wasRelated) {
      this.#wasRelated = true;
      this.#acquireUntilMs = nowMs + ACQUIRE_MS;
    }
    return Math.min(own, related);
  }

  /** The other stream's least delay, put onto this stream's RTP clock by way of the camera's NTP clock. */
  #relatedTicks(nowMs: number): number | null {
    const peer = this.#peer;
    if (peer === null || peer.#ntpOffsetTicks === null || this.#ntpOffsetTicks === null) return null;
    const theirs = peer.#delays.minimum(nowMs);
    return theirs === null ? null : theirs - peer.#ntpOffsetTicks + this.#ntpOffsetTicks;
  }

  #steer(target: number, advance: number, nowMs: number): void {
    const error = target - this.#offsetTicks;
    if (nowMs <= this.#snapUntilMs) {
      this.#offsetTicks = target;
      return;
    }
    const { timeConstantMs, maxRate } = nowMs <= this.#acquireUntilMs ? ACQUIRING : STEADY;
    const wanted = Math.abs(error) / (timeConstantMs * TICKS_PER_MS);
    const rate = Math.min(maxRate, Math.max(STEADY_RATE, wanted));
    const budget = rate * Math.min(Math.max(0, advance), 1000 * TICKS_PER_MS);
    this.#offsetTicks += Math.sign(error) * Math.min(Math.abs(error), budget);
  }
}
