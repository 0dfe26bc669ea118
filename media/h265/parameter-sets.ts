import { rawPayload, readBits } from '../bit-reader.ts';
import type { ParameterSets } from '../video-codec.ts';
import { HEADER_BYTES, isIrapSlice, NAL, nalType } from './nal-unit.ts';
import { parseSps } from './sps.ts';
import { parseVps } from './vps.ts';

/** Far above real ones (a hundred bytes, some hundreds with scaling lists); bounds what a hostile camera can make us keep. */
const MAX_SET_BYTES = 2048;
const MAX_SPS_ID = 15;
const MAX_PPS_ID = 63;
/** Enough of a slice for its first code. */
const SLICE_HEADER_BYTES = 16;

interface Kept {
  readonly nalUnit: Buffer;
  /** The id of the set that it refers to; 0 for a VPS, which refers to none. */
  readonly refersTo: number;
}

export class H265ParameterSets implements ParameterSets {
  readonly #vpsById = new Map<number, Kept>();
  readonly #spsById = new Map<number, Kept>();
  readonly #ppsById = new Map<number, Kept>();

  remember(nalUnit: Buffer): boolean {
    if (nalUnit.length > MAX_SET_BYTES) return false;
    switch (nalType(nalUnit)) {
      case NAL.vps: {
        const vps = parseVps(nalUnit);
        return vps !== null && keep(this.#vpsById, vps.id, nalUnit, 0);
      }
      case NAL.sps: {
        const sps = parseSps(nalUnit);
        return sps !== null && keep(this.#spsById, sps.id, nalUnit, sps.vpsId);
      }
      case NAL.pps: {
        const pps = readPpsIds(nalUnit);
        return pps !== null && keep(this.#ppsById, pps.ppsId, nalUnit, pps.spsId);
      }
      default:
        return false;
    }
  }

  /** First every VPS, then every SPS, every PPS, then the rest. */
  completeKeyFrame(nalUnits: readonly Buffer[]): Buffer[] | null {
    const sets = new Set<Buffer>();
    for (const nalUnit of nalUnits) {
      if (!isIrapSlice(nalUnit)) continue;
      const pps = this.#ppsById.get(readSlicePpsId(nalUnit) ?? -1);
      const sps = this.#spsById.get(pps?.refersTo ?? -1);
      const vps = this.#vpsById.get(sps?.refersTo ?? -1);
      if (pps === undefined || sps === undefined || vps === undefined) return null;
      for (const set of [vps, sps, pps]) sets.add(set.nalUnit);
    }
    const inOrder = [...sets].sort((a, b) => nalType(a) - nalType(b));
    return [...inOrder, ...nalUnits.filter((nalUnit) => !isParameterSet(nalUnit))];
  }
}

export function isParameterSet(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  return type >= NAL.vps && type <= NAL.pps;
}

function keep(sets: Map<number, Kept>, id: number, nalUnit: Buffer, refersTo: number): boolean {
  if (sets.get(id)?.nalUnit.equals(nalUnit) === true) return false;
  sets.set(id, { nalUnit: Buffer.from(nalUnit), refersTo });
  return true;
}

function readPpsIds(nalUnit: Buffer): { ppsId: number; spsId: number } | null {
  return readBits(rawPayload(nalUnit, HEADER_BYTES), (reader) => {
    const ppsId = reader.unsignedGolomb();
    const spsId = reader.unsignedGolomb();
    return ppsId <= MAX_PPS_ID && spsId <= MAX_SPS_ID ? { ppsId, spsId } : null;
  });
}

/** The set a slice of an IRAP picture refers to (ITU-T H.265 clause 7.3.6.1). */
function readSlicePpsId(nalUnit: Buffer): number | null {
  return readBits(rawPayload(nalUnit.subarray(0, SLICE_HEADER_BYTES), HEADER_BYTES), (reader) => {
    reader.bits(2); // first_slice_segment_in_pic_flag, no_output_of_prior_pics_flag
    return reader.unsignedGolomb();
  });
}
