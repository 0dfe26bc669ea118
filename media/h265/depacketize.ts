import type { FragmentBuffer } from '../fragment-buffer.ts';
import { splitAggregate, type PayloadRead } from '../video-codec.ts';
import { HEADER_BYTES, isWholeNalUnit, NAL, nalType } from './nal-unit.ts';

const FU_HEADER_BYTES = 1;
const BROKEN: PayloadRead = { nalUnits: [], isBroken: true };

/**
 * One RTP payload (RFC 7798: single NAL unit, aggregation packet, fragmentation unit), without decoding order numbers:
 * those come only with `sprop-max-don-diff` above 0, which no camera sends and `describeVideo` refuses.
 */
export function readH265Payload(payload: Buffer, fragments: FragmentBuffer): PayloadRead {
  const type = nalType(payload);
  if (type === NAL.fragment) return readFragment(payload, fragments);
  const hasCut = fragments.drop();
  if (isWholeNalUnit(payload)) return { nalUnits: [payload], isBroken: hasCut };
  if (type !== NAL.aggregate) return BROKEN;
  const aggregate = splitAggregate(payload.subarray(HEADER_BYTES), isWholeNalUnit);
  return { ...aggregate, isBroken: aggregate.isBroken || hasCut };
}

/** Section 4.4.3. A fragment without its beginning is dropped. */
function readFragment(payload: Buffer, fragments: FragmentBuffer): PayloadRead {
  if (payload.length <= HEADER_BYTES + FU_HEADER_BYTES) {
    fragments.drop();
    return BROKEN;
  }
  const header = payload.readUInt8(HEADER_BYTES);
  const isStart = (header & 0x80) !== 0;
  const isEnd = (header & 0x40) !== 0;
  const type = header & 0x3f;
  const hasCut = isStart && fragments.drop();
  if (isStart) fragments.begin([(payload.readUInt8(0) & 0x81) | (type << 1), payload.readUInt8(1)]);
  const isUsable = fragments.isOpen && type < NAL.aggregate;
  if (!isUsable || !fragments.append(payload.subarray(HEADER_BYTES + FU_HEADER_BYTES))) {
    fragments.drop();
    return BROKEN;
  }
  return { nalUnits: isEnd ? [fragments.take()] : [], isBroken: hasCut };
}
