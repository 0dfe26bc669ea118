import { rawPayload, readBits } from '../bit-reader.ts';
import type { ParameterSets } from '../video-codec.ts';
import { HEADER_BYTES, NAL, nalType } from './nal-unit.ts';

/** Far above real ones (some 30 bytes, a few hundred with scaling lists); bounds what a hostile camera can make us keep. */
const MAX_SET_BYTES = 1024;
const MAX_SPS_ID = 31;
const MAX_PPS_ID = 255;
/** Enough of a slice for its first three codes, each at most nine bytes in any valid stream. */
const SLICE_HEADER_BYTES = 32;

export class H264ParameterSets implements ParameterSets {
  readonly #spsById = new Map<number, Buffer>();
  readonly #ppsById = new Map<number, { readonly nalUnit: Buffer; readonly spsId: number }>();

  remember(nalUnit: Buffer): boolean {
    const type = nalType(nalUnit);
    if ((type !== NAL.sps && type !== NAL.pps) || nalUnit.length > MAX_SET_BYTES) return false;
    if (type === NAL.sps) {
      const id = readSpsId(nalUnit);
      if (id === null || this.#spsById.get(id)?.equals(nalUnit) === true) return false;
      this.#spsById.set(id, Buffer.from(nalUnit));
      return true;
    }
    const ids = readPpsIds(nalUnit);
    if (ids === null || this.#ppsById.get(ids.ppsId)?.nalUnit.equals(nalUnit) === true) return false;
    this.#ppsById.set(ids.ppsId, { nalUnit: Buffer.from(nalUnit), spsId: ids.spsId });
    return true;
  }

  /** First every SPS, then every PPS, then the rest. */
  completeKeyFrame(nalUnits: readonly Buffer[]): Buffer[] | null {
    const spsIds = new Set<number>();
    const ppsIds = new Set<number>();
    for (const nalUnit of nalUnits) {
      if (nalType(nalUnit) !== NAL.idrSlice) continue;
      const ppsId = readSlicePpsId(nalUnit);
      const pps = ppsId === null ? undefined : this.#ppsById.get(ppsId);
      if (ppsId === null || pps === undefined || !this.#spsById.has(pps.spsId)) return null;
      ppsIds.add(ppsId);
      spsIds.add(pps.spsId);
    }
    const spsUnits = [...spsIds].flatMap((id) => this.#spsById.get(id) ?? []);
    const ppsUnits = [...ppsIds].flatMap((id) => this.#ppsById.get(id)?.nalUnit ?? []);
    const rest = nalUnits.filter((nalUnit) => nalType(nalUnit) !== NAL.sps && nalType(nalUnit) !== NAL.pps);
    return [...spsUnits, ...ppsUnits, ...rest];
  }
}

function readSpsId(nalUnit: Buffer): number | null {
  return readBits(rawPayload(nalUnit, HEADER_BYTES), (reader) => {
    reader.bits(24); // Profile, constraints, level.
    return atMost(reader.unsignedGolomb(), MAX_SPS_ID);
  });
}

function readPpsIds(nalUnit: Buffer): { ppsId: number; spsId: number } | null {
  return readBits(rawPayload(nalUnit, HEADER_BYTES), (reader) => {
    const ppsId = atMost(reader.unsignedGolomb(), MAX_PPS_ID);
    const spsId = atMost(reader.unsignedGolomb(), MAX_SPS_ID);
    return ppsId === null || spsId === null ? null : { ppsId, spsId };
  });
}

/** The set a slice refers to (ITU-T H.264 clause 7.3.3). */
function readSlicePpsId(nalUnit: Buffer): number | null {
  return readBits(rawPayload(nalUnit.subarray(0, SLICE_HEADER_BYTES), HEADER_BYTES), (reader) => {
    reader.unsignedGolomb(); // first_mb_in_slice
    reader.unsignedGolomb(); // slice_type
    return atMost(reader.unsignedGolomb(), MAX_PPS_ID);
  });
}

function atMost(value: number, limit: number): number | null {
  return value <= limit ? value : null;
}
