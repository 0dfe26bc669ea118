import { OutOfBits, rawPayload, readBits, type BitReader } from '../bit-reader.ts';
import { HEADER_BYTES, NAL, nalType } from './nal-unit.ts';

/** What a sequence parameter set says about the picture. */
export interface PictureShape {
  readonly profileIdc: number;
  /** 31 means level 3.1. */
  readonly levelIdc: number;
  /** Profile, constraints, level: six hex digits, as in SDP. */
  readonly profileLevelId: string;
  /** Visible size, after cropping. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** From the VUI's timing; null where the camera states none (or none that is believable). */
  readonly fps: number | null;
}

/** Profiles whose SPS carries chroma format and scaling lists (ITU-T H.264 clause 7.3.2.1.1). */
const HIGH_PROFILES = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]);
const MAX_SIDE_PX = 16_384;
const MAX_FPS = 240;
const EXTENDED_SAR = 255;

/** Parses a sequence parameter set (clauses 7.3.2.1.1 and E.1.1). Null when it is none or is broken. */
export function parseSps(nalUnit: Buffer): PictureShape | null {
  if (nalType(nalUnit) !== NAL.sps || nalUnit.length < 4) return null;
  return readBits(rawPayload(nalUnit, HEADER_BYTES), (reader) => readSps(nalUnit, reader));
}

function readSps(nalUnit: Buffer, reader: BitReader): PictureShape | null {
  const profileIdc = reader.bits(8);
  reader.bits(8); // Constraint flags.
  const levelIdc = reader.bits(8);
  reader.unsignedGolomb(); // seq_parameter_set_id
  const chroma = HIGH_PROFILES.has(profileIdc) ? readChroma(reader) : { format: 1, isSeparate: false };
  reader.unsignedGolomb(); // log2_max_frame_num_minus4
  skipPictureOrder(reader);
  reader.unsignedGolomb(); // max_num_ref_frames
  reader.flag(); // gaps_in_frame_num_value_allowed_flag
  const widthMacroblocks = reader.unsignedGolomb() + 1;
  const heightMapUnits = reader.unsignedGolomb() + 1;
  const isFrameOnly = reader.flag();
  if (!isFrameOnly) reader.flag(); // mb_adaptive_frame_field_flag
  reader.flag(); // direct_8x8_inference_flag
  const crop = reader.flag() ? readCrop(reader) : { left: 0, right: 0, top: 0, bottom: 0 };
  const fps = reader.flag() ? readFps(reader) : null;

  // Cropping counts in chroma samples (clause 7.4.2.1.1, equations 7-19 to 7-22).
  const isSubsampled = !chroma.isSeparate && chroma.format !== 0;
  const cropUnitX = isSubsampled && chroma.format !== 3 ? 2 : 1;
  const fieldsPerFrame = isFrameOnly ? 1 : 2;
  const cropUnitY = (isSubsampled && chroma.format === 1 ? 2 : 1) * fieldsPerFrame;
  const widthPx = widthMacroblocks * 16 - (crop.left + crop.right) * cropUnitX;
  const heightPx = heightMapUnits * 16 * fieldsPerFrame - (crop.top + crop.bottom) * cropUnitY;
  if (widthPx < 1 || heightPx < 1 || widthPx > MAX_SIDE_PX || heightPx > MAX_SIDE_PX) return null;
  return { profileIdc, levelIdc, profileLevelId: nalUnit.toString('hex', 1, 4), widthPx, heightPx, fps };
}

function readChroma(reader: BitReader): { format: number; isSeparate: boolean } {
  const format = reader.unsignedGolomb();
  const isSeparate = format === 3 && reader.flag();
  reader.unsignedGolomb(); // bit_depth_luma_minus8
  reader.unsignedGolomb(); // bit_depth_chroma_minus8
  reader.flag(); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) {
    for (let list = 0; list < (format === 3 ? 12 : 8); list += 1) {
      if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64);
    }
  }
  return { format, isSeparate };
}

function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size && next !== 0; index += 1) {
    next = (((last + reader.signedGolomb()) % 256) + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipPictureOrder(reader: BitReader): void {
  const type = reader.unsignedGolomb();
  if (type === 0) reader.unsignedGolomb(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return;
  reader.flag(); // delta_pic_order_always_zero_flag
  reader.signedGolomb(); // offset_for_non_ref_pic
  reader.signedGolomb(); // offset_for_top_to_bottom_field
  const cycle = reader.unsignedGolomb();
  for (let index = 0; index < cycle; index += 1) reader.signedGolomb();
}

function readCrop(reader: BitReader): { left: number; right: number; top: number; bottom: number } {
  const left = reader.unsignedGolomb();
  const right = reader.unsignedGolomb();
  const top = reader.unsignedGolomb();
  const bottom = reader.unsignedGolomb();
  return { left, right, top, bottom };
}

/** Timing of the VUI (clause E.1.1): two ticks make a frame. */
function readFps(reader: BitReader): number | null {
  try {
    if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.bits(32); // aspect_ratio
    if (reader.flag()) reader.flag(); // overscan
    if (reader.flag()) {
      reader.bits(4); // video_format, video_full_range_flag
      if (reader.flag()) reader.bits(24); // colour description
    }
    if (reader.flag()) {
      reader.unsignedGolomb(); // chroma_sample_loc_type_top_field
      reader.unsignedGolomb(); // chroma_sample_loc_type_bottom_field
    }
    if (!reader.flag()) return null;
    const unitsInTick = reader.bits(32);
    const timeScale = reader.bits(32);
    const fps = timeScale / (2 * unitsInTick);
    return fps > 0 && fps <= MAX_FPS ? fps : null;
  } catch (error) {
    if (error instanceof OutOfBits) return null; // Cut off in the VUI: the size above it still counts.
    throw error;
  }
}
