import type { FragmentBuffer } from '../fragment-buffer.ts';
import { splitAggregate, type PayloadRead } from '../video-codec.ts';
import { NAL, nalType } from './nal-unit.ts';

const AGGREGATE_HEADER_BYTES = 1;
const FU_HEADER_BYTES = 2;

/** One RTP payload (RFC 6184, packetization-mode 0 and 1: single NAL unit, STAP-A, FU-A). */
export function readH264Payload(payload: Buffer, fragments: FragmentBuffer): PayloadRead {
  const type = nalType(payload);
  if (type === NAL.fuA) return readFragment(payload, fragments);
  const hasCut = fragments.drop();
  if (isWholeNalUnit(payload)) return { nalUnits: [payload], isBroken: hasCut };
  if (type !== NAL.stapA) return { nalUnits: [], isBroken: true };
  const aggregate = splitAggregate(payload.subarray(AGGREGATE_HEADER_BYTES), isWholeNalUnit);
  return { ...aggregate, isBroken: aggregate.isBroken || hasCut };
}

/** FU-A, section 5.8. A fragment without its beginning is dropped. */
function readFragment(payload: Buffer, fragments: FragmentBuffer): PayloadRead {
  const indicator = payload.readUInt8(0);
  const header = payload[1] ?? 0;
  const isStart = (header & 0x80) !== 0;
  const isEnd = (header & 0x40) !== 0;
  const nalHeader = (indicator & 0xe0) | (header & 0x1f);
  const hasCut = isStart && fragments.drop();
  if (isStart) fragments.begin([nalHeader]);
  const isUsable = fragments.isOpen && payload.length > FU_HEADER_BYTES && isWholeType(nalHeader & 0x1f);
  if (!isUsable || !fragments.append(payload.subarray(FU_HEADER_BYTES))) {
    fragments.drop();
    return { nalUnits: [], isBroken: true };
  }
  return { nalUnits: isEnd ? [fragments.take()] : [], isBroken: hasCut };
}

function isWholeNalUnit(nalUnit: Buffer): boolean {
  return isWholeType(nalType(nalUnit));
}

/** Types 1 to 23 are NAL units; 0 and the rest are RFC 6184's packet kinds or nothing at all. */
function isWholeType(type: number): boolean {
  return type >= 1 && type < NAL.stapA;
}
