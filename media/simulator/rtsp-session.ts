import { randomBytes, randomInt } from 'node:crypto';
import type { AppError } from '#protocol/errors.ts';
import type { CameraFaults } from './camera-faults.ts';
import type { PacedStream, Subscription, TimedUnit } from './paced-stream.ts';
import { RtpSender, type Outlet } from './rtp-sender.ts';
import type { InterleavedChannels } from './rtsp-transport.ts';

const REPORT_EVERY_MS = 5000;
const MAX_QUEUED_BYTES = 1024 * 1024;

export interface RtspSessionOptions {
  readonly stream: PacedStream;
  readonly faults: CameraFaults;
  readonly channels: InterleavedChannels;
  readonly outlet: Outlet;
  readonly onFailed: (error: AppError) => void;
  readonly monotonicMs: () => number;
}

/** What SETUP makes: one client's play of one stream. Its connection owns and closes it. */
export class RtspSession {
  readonly id = randomBytes(8).toString('hex');
  readonly stream: PacedStream;
  readonly #options: RtspSessionOptions;
  readonly #sender: RtpSender;
  #subscription: Subscription | null = null;
  #reportDueAtMs = -Infinity;

  constructor(options: RtspSessionOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.#sender = new RtpSender({
      outlet: options.outlet,
      channels: options.channels,
      ssrc: options.stream.ssrc,
      firstSequenceNumber: randomInt(2 ** 16),
      maxQueuedBytes: MAX_QUEUED_BYTES,
    });
  }

  get isPlaying(): boolean {
    return this.#subscription !== null;
  }

  /** What RTP-Info says about the first packet; null when it plays already. */
  play(): { readonly sequenceNumber: number; readonly rtpTimestamp: number } | null {
    if (this.#subscription !== null) return null;
    this.#subscription = this.stream.subscribe({
      onUnit: (unit) => {
        this.#onUnit(unit);
      },
      onFailed: this.#options.onFailed,
    });
    return {
      sequenceNumber: this.#sender.nextSequenceNumber,
      rtpTimestamp: this.#subscription.firstRtpTimestamp,
    };
  }

  close(): void {
    this.#subscription?.close();
    this.#subscription = null;
  }

  #onUnit(unit: TimedUnit): void {
    const fault = this.#options.faults.current;
    if (fault?.kind === 'freeze') {
      this.#sender.pauseUntilKeyFrame();
      return;
    }
    if (fault?.kind === 'garbage') {
      this.#sender.pauseUntilKeyFrame();
      this.#sender.sendGarbage();
      return;
    }
    this.#sendDueReport();
    this.#sender.send(unit, fault?.kind === 'corrupt' ? fault : null);
  }

  #sendDueReport(): void {
    const now = this.#options.monotonicMs();
    if (now < this.#reportDueAtMs) return;
    this.#reportDueAtMs = now + REPORT_EVERY_MS;
    const report = this.stream.report();
    if (report !== null) this.#sender.sendReport(report);
  }
}
