import type { FragmentBuffer } from './fragment-buffer.ts';

/** What putting pictures together asks of a codec; all else is the same for H.264 and H.265. */
export interface VideoCodec {
  /** Reads one RTP payload that is not empty. `fragments` holds the NAL unit that is still open. */
  readPayload(payload: Buffer, fragments: FragmentBuffer): PayloadRead;
  kindOf(nalUnit: Buffer): NalKind;
  /** A slice that starts a picture. */
  startsPicture(nalUnit: Buffer): boolean;
  openParameterSets(): ParameterSets;
  /** What a parameter set says of the picture; null: nothing, or it is broken. */
  describe(nalUnit: Buffer): SequenceShape | null;
}

export interface PayloadRead {
  /** NAL units that are complete now; small ones are views into the payload. None is empty. */
  readonly nalUnits: readonly Buffer[];
  /** A NAL unit without beginning or end, or a broken payload. */
  readonly isBroken: boolean;
}

/** `key slice`: of a picture that can be decoded without earlier ones. `padding`: delimiters and filler. */
export type NalKind = 'slice' | 'key slice' | 'parameter set' | 'padding' | 'other';

/** What a parameter set tells; a field that it does not tell is absent. */
export interface SequenceShape {
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly fps?: number | null;
  readonly profileLevelId?: string;
}

/** The newest parameter sets of a stream by their ids, from SDP and from the stream itself. Bounded. */
export interface ParameterSets {
  /** Keeps a copy of a parameter set; anything else, or a broken one, is ignored. True when it is not what was known. */
  remember(nalUnit: Buffer): boolean;
  /**
   * A key frame's NAL units with the sets its slices refer to in front, then the rest. Null when one of them was never
   * seen: nobody could decode the picture.
   */
  completeKeyFrame(nalUnits: readonly Buffer[]): Buffer[] | null;
}

/** In one aggregation packet. Cameras put a few parameter sets together; a packet of nothing else would hold twenty thousand. */
const MAX_AGGREGATED_UNITS = 128;
const SIZE_FIELD_BYTES = 2;

/** NAL units with a 16-bit size before each, up to the first that does not fit or is not expected, or the limit. */
export function splitAggregate(sized: Buffer, isExpected: (nalUnit: Buffer) => boolean): PayloadRead {
  const nalUnits: Buffer[] = [];
  let at = 0;
  while (at + SIZE_FIELD_BYTES <= sized.length) {
    const start = at + SIZE_FIELD_BYTES;
    at = start + sized.readUInt16BE(at);
    if (at > sized.length) return { nalUnits, isBroken: true };
    const nalUnit = sized.subarray(start, at);
    if (nalUnit.length === 0) continue;
    if (!isExpected(nalUnit) || nalUnits.length >= MAX_AGGREGATED_UNITS) return { nalUnits, isBroken: true };
    nalUnits.push(nalUnit);
  }
  return { nalUnits, isBroken: at !== sized.length };
}
