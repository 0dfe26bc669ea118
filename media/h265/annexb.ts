import { splitNalUnits, type CodedPicture } from '../h264/annexb.ts';
import { isIrapSlice, isSlice, NAL, nalType, startsPicture } from './nal-unit.ts';

/**
 * The pictures of a byte stream, by the order of NAL units alone (ITU-T H.265 clause 7.4.2.4.4): a new one begins with the
 * first delimiter, parameter set or prefix SEI after slice data, or with the first slice segment of a picture.
 */
export function splitH265AccessUnits(byteStream: Buffer): CodedPicture[] {
  const pictures: CodedPicture[] = [];
  let current: Buffer[] = [];
  let hasSlice = false;
  const finish = (): void => {
    if (hasSlice) pictures.push({ nalUnits: current, isKeyFrame: current.some(isIrapSlice) });
    current = [];
    hasSlice = false;
  };
  for (const nalUnit of splitNalUnits(byteStream)) {
    if (hasSlice && beginsAccessUnit(nalUnit)) finish();
    current.push(nalUnit);
    hasSlice ||= isSlice(nalUnit);
  }
  finish();
  return pictures;
}

function beginsAccessUnit(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  if (startsPicture(nalUnit)) return true;
  if (type >= NAL.vps && type <= NAL.accessUnitDelimiter) return true;
  if (type >= NAL.firstReservedPrefix && type <= NAL.lastReservedPrefix) return true;
  return type === NAL.prefixSei || (type >= NAL.firstUnspecifiedPrefix && type <= NAL.lastUnspecifiedPrefix);
}
