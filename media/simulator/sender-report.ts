/** Seconds from 1900 (NTP) to 1970 (Unix). */
const NTP_EPOCH_OFFSET_S = 2_208_988_800;
const PACKET_TYPE_SENDER_REPORT = 200;
const PACKET_TYPE_SOURCE_DESCRIPTION = 202;
const VERSION = 0x80;

export interface SenderReportFields {
  readonly ssrc: number;
  /** The camera's wall clock, epoch ms with fraction. */
  readonly wallMs: number;
  /** The RTP time of the same instant. */
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

/** RTCP compound packet: a sender report without report blocks (RFC 3550 section 6.4.1), then SDES with a CNAME (6.5). */
export function writeSenderReport(report: SenderReportFields, cname: string): Buffer {
  const seconds = Math.floor(report.wallMs / 1000);
  const packet = Buffer.alloc(28);
  packet.writeUInt8(VERSION, 0);
  packet.writeUInt8(PACKET_TYPE_SENDER_REPORT, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(report.ssrc, 4);
  packet.writeUInt32BE((seconds + NTP_EPOCH_OFFSET_S) % 2 ** 32, 8);
  packet.writeUInt32BE(Math.floor((report.wallMs / 1000 - seconds) * 2 ** 32), 12);
  packet.writeUInt32BE(report.rtpTimestamp, 16);
  packet.writeUInt32BE(report.packets % 2 ** 32, 20);
  packet.writeUInt32BE(report.octets % 2 ** 32, 24);
  return Buffer.concat([packet, sourceDescription(report.ssrc, cname)]);
}

function sourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname, 'ascii').subarray(0, 255);
  const CNAME = 1;
  // Items end with at least one zero byte and are padded to a multiple of four.
  const chunkBytes = Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const packet = Buffer.alloc(4 + chunkBytes);
  packet.writeUInt8(VERSION | 1, 0);
  packet.writeUInt8(PACKET_TYPE_SOURCE_DESCRIPTION, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt8(CNAME, 8);
  packet.writeUInt8(name.length, 9);
  name.copy(packet, 10);
  return packet;
}
