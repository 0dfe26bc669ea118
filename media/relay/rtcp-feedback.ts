const PAYLOAD_SPECIFIC = 206;
const PICTURE_LOSS = 1;
const FULL_INTRA_REQUEST = 4;
const HEADER_BYTES = 4;

/** Whether a compound RTCP packet asks for a key frame: PLI (RFC 4585 section 6.3.1) or FIR (RFC 5104 section 4.3.1). */
export function asksForKeyFrame(rtcp: Buffer): boolean {
  for (let at = 0; at + HEADER_BYTES <= rtcp.length; at += HEADER_BYTES + rtcp.readUInt16BE(at + 2) * 4) {
    const format = rtcp.readUInt8(at) & 0x1f;
    const asks = format === PICTURE_LOSS || format === FULL_INTRA_REQUEST;
    if (rtcp.readUInt8(at + 1) === PAYLOAD_SPECIFIC && asks) return true;
  }
  return false;
}
