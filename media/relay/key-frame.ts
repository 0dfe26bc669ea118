import { NAL, nalType } from '../h264/nal-unit.ts';

const SIZE_FIELD_BYTES = 2;

/**
 * Whether a payload (RFC 6184, packetization-mode 1) begins a key frame: it carries a sequence parameter set, alone or
 * in a STAP-A. Parameter sets stand in front of every IDR here, and mediasoup goes by the same sign.
 */
export function beginsKeyFrame(payload: Buffer): boolean {
  if (nalType(payload) !== NAL.stapA) return nalType(payload) === NAL.sps;
  for (let at = 1; at + SIZE_FIELD_BYTES < payload.length;) {
    if (((payload[at + SIZE_FIELD_BYTES] ?? 0) & 0x1f) === NAL.sps) return true;
    at += SIZE_FIELD_BYTES + payload.readUInt16BE(at);
  }
  return false;
}
