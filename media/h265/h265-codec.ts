import type { NalKind, SequenceShape, VideoCodec } from '../video-codec.ts';
import { readH265Payload } from './depacketize.ts';
import { isBaseLayer, isIrapSlice, isSlice, NAL, nalType, startsPicture } from './nal-unit.ts';
import { H265ParameterSets, isParameterSet } from './parameter-sets.ts';
import { describeSps } from './sps.ts';
import { parseVps } from './vps.ts';

export const h265Codec: VideoCodec = {
  readPayload: readH265Payload,
  kindOf,
  startsPicture,
  openParameterSets: () => new H265ParameterSets(),
  describe,
};

function kindOf(nalUnit: Buffer): NalKind {
  const type = nalType(nalUnit);
  if (!isBaseLayer(nalUnit) || type === NAL.accessUnitDelimiter || type === NAL.filler) return 'padding';
  if (isIrapSlice(nalUnit)) return 'key slice';
  if (isSlice(nalUnit)) return 'slice';
  return isParameterSet(nalUnit) ? 'parameter set' : 'other';
}

function describe(nalUnit: Buffer): SequenceShape | null {
  const vps = parseVps(nalUnit);
  return vps === null ? describeSps(nalUnit) : { fps: vps.fps };
}
