import { rawPayload, readBits, type BitReader } from '../bit-reader.ts';
import type { SequenceShape } from '../video-codec.ts';
import { HEADER_BYTES, NAL, nalType } from './nal-unit.ts';
import { skipProfileTierLevel } from './profile-tier-level.ts';

const MAX_SIDE_PX = 16_384;
const MAX_SPS_ID = 15;
/** Chroma samples are this many luma samples apart, by `chroma_format_idc` (clause 6.2). */
const CHROMA_STEP_X = [1, 2, 2, 1] as const;
const CHROMA_STEP_Y = [1, 2, 1, 1] as const;

interface Sps {
  readonly id: number;
  readonly vpsId: number;
  /** Null when it is not believable. */
  readonly shape: { readonly widthPx: number; readonly heightPx: number } | null;
}

/** The beginning of a sequence parameter set (ITU-T H.265 clause 7.3.2.2.1). Null when it is none or is broken. */
export function parseSps(nalUnit: Buffer): Sps | null {
  if (nalType(nalUnit) !== NAL.sps) return null;
  return readBits(rawPayload(nalUnit, HEADER_BYTES), readSps);
}

/** What an SPS says of the picture: its visible size. */
export function describeSps(nalUnit: Buffer): SequenceShape | null {
  return parseSps(nalUnit)?.shape ?? null;
}

function readSps(reader: BitReader): Sps | null {
  const vpsId = reader.bits(4);
  const subLayersMinus1 = reader.bits(3);
  reader.flag(); // sps_temporal_id_nesting_flag
  skipProfileTierLevel(reader, subLayersMinus1);
  const id = reader.unsignedGolomb();
  const chromaFormat = reader.unsignedGolomb();
  const isSeparate = chromaFormat === 3 && reader.flag();
  const codedWidthPx = reader.unsignedGolomb();
  const codedHeightPx = reader.unsignedGolomb();
  const window = reader.flag() ? readWindow(reader) : { left: 0, right: 0, top: 0, bottom: 0 };
  const stepX = isSeparate ? 1 : CHROMA_STEP_X[chromaFormat];
  const stepY = isSeparate ? 1 : CHROMA_STEP_Y[chromaFormat];
  if (id > MAX_SPS_ID || stepX === undefined || stepY === undefined) return null;
  const widthPx = codedWidthPx - stepX * (window.left + window.right);
  const heightPx = codedHeightPx - stepY * (window.top + window.bottom);
  const isBelievable = widthPx > 0 && heightPx > 0 && widthPx <= MAX_SIDE_PX && heightPx <= MAX_SIDE_PX;
  return { id, vpsId, shape: isBelievable ? { widthPx, heightPx } : null };
}

/** What is cut off around the coded picture, in chroma samples. */
function readWindow(reader: BitReader): { left: number; right: number; top: number; bottom: number } {
  const left = reader.unsignedGolomb();
  const right = reader.unsignedGolomb();
  const top = reader.unsignedGolomb();
  const bottom = reader.unsignedGolomb();
  return { left, right, top, bottom };
}
