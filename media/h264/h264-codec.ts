import type { NalKind, SequenceShape, VideoCodec } from '../video-codec.ts';
import { readH264Payload } from './depacketize.ts';
import { NAL, nalType, startsPicture } from './nal-unit.ts';
import { H264ParameterSets } from './parameter-sets.ts';
import { parseSps } from './sps.ts';

export const h264Codec: VideoCodec = {
  readPayload: readH264Payload,
  kindOf,
  startsPicture,
  openParameterSets: () => new H264ParameterSets(),
  describe,
};

function describe(nalUnit: Buffer): SequenceShape | null {
  const shape = parseSps(nalUnit);
  if (shape === null) return null;
  const { widthPx, heightPx, fps, profileLevelId } = shape;
  return { widthPx, heightPx, fps, profileLevelId };
}

function kindOf(nalUnit: Buffer): NalKind {
  const type = nalType(nalUnit);
  if (type === NAL.idrSlice) return 'key slice';
  if (type >= NAL.slice && type < NAL.idrSlice) return 'slice';
  if (type === NAL.sps || type === NAL.pps) return 'parameter set';
  return type === NAL.accessUnitDelimiter || type === NAL.filler ? 'padding' : 'other';
}
