import { rawPayload, readBits, type BitReader } from '../bit-reader.ts';
import { HEADER_BYTES, NAL, nalType } from './nal-unit.ts';
import { skipProfileTierLevel } from './profile-tier-level.ts';

const MAX_FPS = 240;
const MAX_LAYER_SETS = 1024;

interface Vps {
  readonly id: number;
  /** Null where the camera states none, or none that is believable. */
  readonly fps: number | null;
}

/** A video parameter set (ITU-T H.265 clause 7.3.2.1). Null when it is none or is broken. */
export function parseVps(nalUnit: Buffer): Vps | null {
  if (nalType(nalUnit) !== NAL.vps || nalUnit.length <= HEADER_BYTES) return null;
  const raw = rawPayload(nalUnit, HEADER_BYTES);
  return { id: raw.readUInt8(0) >> 4, fps: readBits(raw, readFps) };
}

function readFps(reader: BitReader): number | null {
  reader.bits(12); // Its id, base layer flags, vps_max_layers_minus1.
  const subLayersMinus1 = reader.bits(3);
  reader.bits(17); // vps_temporal_id_nesting_flag, sixteen reserved bits.
  skipProfileTierLevel(reader, subLayersMinus1);
  const hasEachSubLayer = reader.flag();
  for (let left = hasEachSubLayer ? subLayersMinus1 + 1 : 1; left > 0; left -= 1) {
    reader.unsignedGolomb(); // vps_max_dec_pic_buffering_minus1
    reader.unsignedGolomb(); // vps_max_num_reorder_pics
    reader.unsignedGolomb(); // vps_max_latency_increase_plus1
  }
  const maxLayerId = reader.bits(6);
  const layerSets = reader.unsignedGolomb();
  if (layerSets > MAX_LAYER_SETS) return null;
  for (let flags = layerSets * (maxLayerId + 1); flags > 0; flags -= 1) reader.flag();
  if (!reader.flag()) return null; // vps_timing_info_present_flag
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  const fps = timeScale / unitsInTick;
  return fps > 0 && fps <= MAX_FPS ? fps : null;
}
