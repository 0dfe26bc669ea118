import { AppError } from '#protocol/errors.ts';
import type { CodedPicture } from '../h264/annexb.ts';
import { NAL, nalType } from '../h264/nal-unit.ts';
import { NAL as NAL_H265, nalType as nalTypeH265 } from '../h265/nal-unit.ts';
import type { CodecName } from '../packet.ts';
import { codecs } from '../video-codecs.ts';
import type { LoopReader } from './loop.port.ts';

/** One coded picture of a source. */
export interface SourceUnit {
  /** Without start codes, in decoding order. Whoever changes bytes copies them first. */
  readonly nalUnits: readonly Buffer[];
  readonly isKeyFrame: boolean;
  /** Shown this much after its place in decoding order (B frames); absent means 0. */
  readonly reorderMs?: number;
}

export interface ParameterSets {
  /** H.265 only. */
  readonly vps?: Buffer;
  readonly sps: Buffer;
  readonly pps: Buffer;
}

/** What a path plays: an endless sequence of pictures. Picture i shows the scene at `phaseMs + i * 1000 / fps`. */
export interface Source {
  /** Absent: H.264. */
  readonly codec?: CodecName;
  readonly fps: number;
  readonly phaseMs: number;
  /** What the first pictures need to be decoded. Rejects with AppError `camera.no-h264` when there are none. */
  parameterSets(): Promise<ParameterSets>;
  /** The first key frame at or after picture i. */
  nextKeyFrame(i: number): number;
  /** Asked for when the picture is due, in rising order but with gaps. Rejects with an AppError. */
  unit(i: number): Promise<SourceUnit>;
}

/** A rendered scene's stream as a source. The loop stays its opener's. */
export function loopSource(reader: LoopReader): Source {
  return {
    fps: reader.fps,
    phaseMs: reader.phaseMs,
    parameterSets: async () => findParameterSets((await reader.unit(0)).nalUnits),
    nextKeyFrame: (i) => Math.ceil(i / reader.unitsPerGop) * reader.unitsPerGop,
    unit: (i) => reader.unit(i),
  };
}

/** Pictures in memory, repeated for ever. Throws AppError `camera.no-h264` without a key frame that can be decoded. */
export function pictureSource(
  pictures: readonly (CodedPicture & Pick<SourceUnit, 'reorderMs'>)[],
  timing: Pick<Source, 'codec' | 'fps' | 'phaseMs'>,
): Source {
  const codec = timing.codec ?? 'H264';
  const complete = withParameterSets(pictures, codec);
  const units = complete.slice(complete.findIndex((picture) => picture.isKeyFrame));
  const [first] = units;
  if (first?.isKeyFrame !== true) throw new AppError('camera.no-h264', 'the video holds no H.264 key frame');
  const parameterSets = findParameterSets(first.nalUnits, codec);
  const keyFrames = units.flatMap((unit, index) => (unit.isKeyFrame ? [index] : []));
  return {
    ...timing,
    parameterSets: () => Promise.resolve(parameterSets),
    nextKeyFrame(i) {
      const loopStart = Math.floor(i / units.length) * units.length;
      return loopStart + (keyFrames.find((index) => index >= i - loopStart) ?? units.length);
    },
    unit: (i) => Promise.resolve(units[i % units.length] ?? first),
  };
}

/** Throws AppError `camera.no-h264` when one is missing. */
export function findParameterSets(nalUnits: readonly Buffer[], codec: CodecName = 'H264'): ParameterSets {
  const find = (type: number, typeH265: number): Buffer | undefined =>
    nalUnits.find((nalUnit) => (codec === 'H264' ? nalType(nalUnit) === type : nalTypeH265(nalUnit) === typeH265));
  const sps = find(NAL.sps, NAL_H265.sps);
  const pps = find(NAL.pps, NAL_H265.pps);
  const vps = codec === 'H265' ? nalUnits.find((nalUnit) => nalTypeH265(nalUnit) === NAL_H265.vps) : undefined;
  if (sps === undefined || pps === undefined) {
    throw new AppError('camera.no-h264', 'the key frame brings no SPS and PPS: the video cannot be described');
  }
  return vps === undefined ? { sps, pps } : { vps, sps, pps };
}

/** Each key frame with the parameter sets in force in front of it: a client may join at any of them. */
function withParameterSets<P extends CodedPicture>(pictures: readonly P[], codec: CodecName): P[] {
  const isParameterSet = (nalUnit: Buffer): boolean => codecs[codec].kindOf(nalUnit) === 'parameter set';
  let inForce: readonly Buffer[] = [];
  return pictures.map((picture) => {
    const own = picture.nalUnits.filter(isParameterSet);
    if (own.length > 0) inForce = own;
    if (!picture.isKeyFrame || own.length > 0) return picture;
    return { ...picture, nalUnits: [...inForce, ...picture.nalUnits] };
  });
}
