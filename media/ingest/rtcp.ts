import type { SenderReport } from '../packet.ts';

const TYPE = { senderReport: 200, receiverReport: 201, sourceDescription: 202, goodbye: 203 } as const;
const VERSION = 2;
const HEADER_BYTES = 4;
const SENDER_REPORT_BYTES = 28;
const CNAME_ITEM = 1;

/** NTP counts from 1900 (RFC 5905): seconds up to the Unix epoch. */
const NTP_UNIX_SECONDS = 2_208_988_800;
const NTP_ERA_SECONDS = 2 ** 32;

/** One report block of a receiver report (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number;
  /** Since the last report, 0..255 for 0..1. */
  readonly fractionLost: number;
  readonly lostPackets: number;
  /** Cycles in the upper 16 bits. */
  readonly highestSequence: number;
  readonly jitterTicks: number;
  readonly lastReportNtpBits: number;
  /** Since the last sender report, in 1/65536 s. */
  readonly sinceLastReport65536: number;
}

/** What matters of a compound RTCP packet (RFC 3550 section 6). */
export interface RtcpReports {
  readonly senderReports: readonly SenderReport[];
  /** SSRCs that said goodbye: their stream is over. */
  readonly goodbyes: readonly number[];
}

/** Reads a compound packet up to its first malformed part; what came before counts. */
export function parseRtcp(bytes: Buffer): RtcpReports {
  const senderReports: SenderReport[] = [];
  const goodbyes: number[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const flags = bytes.readUInt8(at);
    const end = at + HEADER_BYTES + bytes.readUInt16BE(at + 2) * 4;
    if (flags >> 6 !== VERSION || end > bytes.length) break;
    const type = bytes.readUInt8(at + 1);
    const part = bytes.subarray(at, end);
    if (type === TYPE.senderReport) {
      const report = parseSenderReport(part);
      if (report !== null) senderReports.push(report);
    }
    if (type === TYPE.goodbye) goodbyes.push(...parseGoodbye(part));
    at = end;
  }
  return { senderReports, goodbyes };
}

/** Null when too short, or when the camera says that it has no clock: an NTP time of 0 (section 6.4.1). */
function parseSenderReport(part: Buffer): SenderReport | null {
  if (part.length < SENDER_REPORT_BYTES) return null;
  const seconds = part.readUInt32BE(8);
  const fraction = part.readUInt32BE(12);
  if (seconds === 0 && fraction === 0) return null;
  // The first bit tells the era (RFC 4330 section 3), so that time goes on in February 2036.
  const eraSeconds = seconds >= NTP_ERA_SECONDS / 2 ? 0 : NTP_ERA_SECONDS;
  const ntpMs = (seconds + eraSeconds - NTP_UNIX_SECONDS) * 1000 + (fraction * 1000) / NTP_ERA_SECONDS;
  return { ssrc: part.readUInt32BE(4), ntpMs, rtpTimestamp: part.readUInt32BE(16) };
}

function parseGoodbye(part: Buffer): number[] {
  const count = part.readUInt8(0) & 0x1f;
  const ssrcs: number[] = [];
  for (let index = 0; index < count && HEADER_BYTES + index * 4 + 4 <= part.length; index += 1) {
    ssrcs.push(part.readUInt32BE(HEADER_BYTES + index * 4));
  }
  return ssrcs;
}

/** The middle 32 bits of an NTP time, as receiver reports echo it. */
export function middleNtpBits(ntpMs: number): number {
  return Math.floor((ntpMs / 1000 + NTP_UNIX_SECONDS) * 65_536) % NTP_ERA_SECONDS;
}

/** A receiver report and the CNAME that must go with it (sections 6.4.2, 6.5): some cameras hang up without. */
export function formatReceiverReport(ssrc: number, reception: ReceptionReport): Buffer {
  const report = Buffer.alloc(32);
  writeHeader(report, 1, TYPE.receiverReport);
  report.writeUInt32BE(ssrc, 4);
  report.writeUInt32BE(reception.ssrc, 8);
  report.writeUInt32BE(reception.fractionLost * 2 ** 24 + Math.min(reception.lostPackets, 0x7fffff), 12);
  report.writeUInt32BE(reception.highestSequence, 16);
  report.writeUInt32BE(reception.jitterTicks, 20);
  report.writeUInt32BE(reception.lastReportNtpBits, 24);
  report.writeUInt32BE(reception.sinceLastReport65536, 28);
  return Buffer.concat([report, formatSourceDescription(ssrc, 'footfall')]);
}

function formatSourceDescription(ssrc: number, cname: string): Buffer {
  const itemBytes = 2 + cname.length;
  const bytes = Buffer.alloc(8 + Math.ceil((itemBytes + 1) / 4) * 4); // A zero byte ends the list.
  writeHeader(bytes, 1, TYPE.sourceDescription);
  bytes.writeUInt32BE(ssrc, 4);
  bytes.writeUInt8(CNAME_ITEM, 8);
  bytes.writeUInt8(cname.length, 9);
  bytes.write(cname, 10, 'latin1');
  return bytes;
}

function writeHeader(part: Buffer, count: number, type: number): void {
  part.writeUInt8((VERSION << 6) | count, 0);
  part.writeUInt8(type, 1);
  part.writeUInt16BE(part.length / 4 - 1, 2);
}
