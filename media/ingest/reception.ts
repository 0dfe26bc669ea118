import type { RtpPacket, SenderReport } from '../packet.ts';
import { middleNtpBits, type ReceptionReport } from './rtcp.ts';

/** A gap beyond this is a sender that started anew, not loss (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;
const TICKS_PER_MS = 90;

/** Counts what arrived and what is missing. Packets come in order over TCP: a number that runs backwards is a restart. */
export class Reception {
  #ssrc: number | null = null;
  #firstSequence = 0;
  #highestSequence = 0;
  #received = 0;
  #lostBefore = 0;
  #jitterTicks = 0;
  #transitTicks = 0;
  #lastReport: { ntpBits: number; receivedAtMs: number } | null = null;
  #reported = { expected: 0, received: 0 };

  packetArrived(packet: RtpPacket, receivedAtMs: number): void {
    const advance = (packet.sequenceNumber - this.#highestSequence) & 0xffff;
    const isRestart = packet.ssrc !== this.#ssrc || advance > MAX_DROPOUT;
    if (isRestart) this.#restart(packet);
    else this.#highestSequence += advance;
    this.#received += 1;

    // Interarrival jitter, appendix A.8.
    const transitTicks = receivedAtMs * TICKS_PER_MS - packet.timestamp;
    const difference = isRestart ? 0 : Math.abs(transitTicks - this.#transitTicks);
    this.#transitTicks = transitTicks;
    if (difference < 2 ** 31) this.#jitterTicks += (difference - this.#jitterTicks) / 16;
  }

  senderReportArrived(report: SenderReport, receivedAtMs: number): void {
    this.#lastReport = { ntpBits: middleNtpBits(report.ntpMs), receivedAtMs };
  }

  /** The stream heard last; null before the first packet. */
  get ssrc(): number | null {
    return this.#ssrc;
  }

  get lostPackets(): number {
    return this.#lostBefore + this.#missing();
  }

  /** The next receiver report's content; null before the first packet. */
  report(nowMs: number): ReceptionReport | null {
    if (this.#ssrc === null) return null;
    const expected = this.#expected();
    const newlyExpected = expected - this.#reported.expected;
    const newlyLost = newlyExpected - (this.#received - this.#reported.received);
    this.#reported = { expected, received: this.#received };
    const sinceMs = this.#lastReport === null ? 0 : nowMs - this.#lastReport.receivedAtMs;
    return {
      ssrc: this.#ssrc,
      fractionLost: newlyLost <= 0 ? 0 : Math.min(255, Math.floor((newlyLost * 256) / newlyExpected)),
      lostPackets: this.#missing(),
      highestSequence: this.#highestSequence % 2 ** 32,
      jitterTicks: Math.min(2 ** 32 - 1, Math.floor(this.#jitterTicks)),
      lastReportNtpBits: this.#lastReport?.ntpBits ?? 0,
      sinceLastReport65536: Math.min(2 ** 32 - 1, Math.max(0, Math.floor(sinceMs * 65.536))),
    };
  }

  #restart(packet: RtpPacket): void {
    this.#lostBefore += this.#missing();
    this.#ssrc = packet.ssrc;
    this.#firstSequence = packet.sequenceNumber;
    this.#highestSequence = packet.sequenceNumber;
    this.#received = 0;
    this.#reported = { expected: 0, received: 0 };
  }

  #expected(): number {
    return this.#ssrc === null ? 0 : this.#highestSequence - this.#firstSequence + 1;
  }

  #missing(): number {
    return Math.max(0, this.#expected() - this.#received);
  }
}
