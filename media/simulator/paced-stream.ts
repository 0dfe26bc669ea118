import { randomInt } from 'node:crypto';
import type { AppError } from '#protocol/errors.ts';
import { toAppError } from '#protocol/errors.ts';
import { packetize, type RtpPayload } from '../h264/packetize.ts';
import { packetizeH265 } from '../h265/packetize.ts';
import { randomRtpClock, RtpClock, type RtpClockOptions } from './rtp-clock.ts';
import type { SceneClock } from './scene-clock.ts';
import type { Source } from './source.ts';

/** A picture that is due, ready to send. */
export interface TimedUnit {
  readonly payloads: readonly RtpPayload[];
  readonly isKeyFrame: boolean;
  readonly rtpTimestamp: number;
}

export interface StreamListener {
  onUnit(unit: TimedUnit): void;
  /** The source failed; nothing more comes. */
  onFailed(error: AppError): void;
}

export interface Subscription {
  /** RTP time of the key frame that comes first. */
  readonly firstRtpTimestamp: number;
  close(): void;
}

export interface PacedStreamOptions {
  readonly source: Source;
  readonly scene: SceneClock;
  /** Absent: random, as cameras have it. */
  readonly rtpClock?: RtpClockOptions;
  /** From the instant a picture shows to its sending: what a camera's encoder takes. */
  readonly sendDelayMs?: number;
  /** False: no RTCP sender reports, as some cameras do. */
  readonly sendsReports?: boolean;
  /** Added to the wall clock in sender reports: cameras' clocks are often years off. */
  readonly wallOffsetMs?: number;
}

/** RTP payloads as cameras on Ethernet make them. */
const MAX_PAYLOAD_BYTES = 1400;
/** Later than this (a suspend, a blocked process): skip to the next key frame rather than burst. */
const MAX_LATENESS_MS = 1000;

/**
 * One stream of a camera: sends each picture to all listeners when it is due by the scene's clock, so every client sees
 * one timeline. Due times are absolute: an early or late timer never adds up. Idle without listeners.
 */
export class PacedStream {
  readonly ssrc = randomInt(2 ** 32);
  readonly #scene: SceneClock;
  readonly #rtp: RtpClock;
  readonly #sendDelayMs: number;
  readonly #sendsReports: boolean;
  readonly #wallOffsetMs: number;
  readonly #listeners = new Set<StreamListener>();
  #source: Source;
  #next = 0;
  /** Scene time at which the newest sent picture shows: another source goes on after it. */
  #shownMs = -Infinity;
  #timer: NodeJS.Timeout | null = null;
  /** Moves on whenever a picture under way must not be sent any more. */
  #run = 0;
  #skipped = 0;

  constructor(options: PacedStreamOptions) {
    this.#source = options.source;
    this.#scene = options.scene;
    this.#rtp = new RtpClock(options.rtpClock ?? randomRtpClock());
    this.#sendDelayMs = options.sendDelayMs ?? 0;
    this.#sendsReports = options.sendsReports ?? true;
    this.#wallOffsetMs = options.wallOffsetMs ?? 0;
  }

  get source(): Source {
    return this.#source;
  }

  /** Times it fell too far behind and went on at a later key frame. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Starts the camera's scene if this is its first listener ever. The first picture is a key frame. */
  subscribe(listener: StreamListener): Subscription {
    this.#scene.start();
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#startAtNextKeyFrame();
    return {
      firstRtpTimestamp: this.#rtp.at(this.#showsAtMs(this.#source.nextKeyFrame(this.#next))),
      close: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#stop();
      },
    };
  }

  /** Goes on with another source at its next key frame, at the same scene time. */
  switchTo(source: Source): void {
    if (source === this.#source) return;
    this.#source = source;
    if (this.#listeners.size > 0) this.#startAtNextKeyFrame();
  }

  /** This instant on the camera's wall clock and on the stream's RTP clock; null if the camera does not tell. */
  report(): { readonly wallMs: number; readonly rtpTimestamp: number } | null {
    if (!this.#sendsReports) return null;
    const sceneMs = this.#scene.sceneMs();
    return {
      wallMs: (this.#scene.startedAtMs ?? this.#scene.epochMs()) + sceneMs + this.#wallOffsetMs,
      rtpTimestamp: this.#rtp.at(sceneMs),
    };
  }

  #startAtNextKeyFrame(): void {
    this.#stop();
    const sinceFirstMs = this.#scene.sceneMs() - this.#sendDelayMs - this.#source.phaseMs;
    // A picture whose turn was less than half an interval ago still goes out: the first PLAY gets picture 0.
    const due = Math.max(0, Math.ceil((sinceFirstMs * this.#source.fps) / 1000 - 0.5));
    this.#next = this.#source.nextKeyFrame(due);
    while (this.#showsAtMs(this.#next) <= this.#shownMs) this.#next = this.#source.nextKeyFrame(this.#next + 1);
    this.#schedule();
  }

  #stop(): void {
    this.#run += 1;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule(): void {
    const waitMs = this.#showsAtMs(this.#next) + this.#sendDelayMs - this.#scene.sceneMs();
    if (waitMs < -MAX_LATENESS_MS) {
      this.#skipped += 1;
      this.#startAtNextKeyFrame();
      return;
    }
    this.#timer = setTimeout(() => void this.#sendNext(), Math.max(0, waitMs));
  }

  async #sendNext(): Promise<void> {
    const run = this.#run;
    const index = this.#next;
    try {
      const unit = await this.#source.unit(index);
      if (run !== this.#run) return;
      this.#next = index + 1;
      this.#shownMs = this.#showsAtMs(index);
      this.#emit({
        payloads: this.#packetize(unit.nalUnits),
        isKeyFrame: unit.isKeyFrame,
        rtpTimestamp: this.#rtp.at(this.#showsAtMs(index) + (unit.reorderMs ?? 0)),
      });
    } catch (error) {
      if (run !== this.#run) return;
      this.#fail(toAppError(error));
    }
    // A listener may have left, or switched the source, while it was served.
    if (run === this.#run) this.#schedule();
  }

  #packetize(nalUnits: readonly Buffer[]): RtpPayload[] {
    const isH265 = this.#source.codec === 'H265';
    return isH265 ? packetizeH265(nalUnits, MAX_PAYLOAD_BYTES) : packetize(nalUnits, MAX_PAYLOAD_BYTES);
  }

  #emit(unit: TimedUnit): void {
    for (const listener of this.#listeners) listener.onUnit(unit);
  }

  #fail(error: AppError): void {
    this.#stop();
    for (const listener of [...this.#listeners]) listener.onFailed(error);
  }

  #showsAtMs(index: number): number {
    return this.#source.phaseMs + (index * 1000) / this.#source.fps;
  }
}
