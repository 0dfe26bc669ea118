import type { RtpPacket } from '../packet.ts';

const FIXED_HEADER_BYTES = 12;
const VERSION = 2;

/** One RTP packet (RFC 3550 section 5.1) without padding and extension; the payload is a view. Null: malformed. */
export function parseRtp(bytes: Buffer): RtpPacket | null {
  if (bytes.length < FIXED_HEADER_BYTES) return null;
  const flags = bytes.readUInt8(0);
  if (flags >> 6 !== VERSION) return null;
  let start = FIXED_HEADER_BYTES + (flags & 0x0f) * 4;
  if ((flags & 0x10) !== 0) {
    if (start + 4 > bytes.length) return null;
    start += 4 + bytes.readUInt16BE(start + 2) * 4;
  }
  const end = (flags & 0x20) === 0 ? bytes.length : bytes.length - bytes.readUInt8(bytes.length - 1);
  if (start > end) return null;
  const markerAndType = bytes.readUInt8(1);
  return {
    payloadType: markerAndType & 0x7f,
    marker: (markerAndType & 0x80) !== 0,
    sequenceNumber: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(start, end),
  };
}
