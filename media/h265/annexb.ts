import { splitPictures, type CodedPicture } from '../h264/annexb.ts';
import { isIrapSlice, isSlice, NAL, nalType, startsPicture } from './nal-unit.ts';

/**
 * H.265 (ITU-T H.265 clause 7.4.2.4.4): a picture begins with the first delimiter, parameter set or prefix SEI after slice
 * data, or with the first slice segment of a picture.
 */
export function splitH265AccessUnits(byteStream: Buffer): CodedPicture[] {
  return splitPictures(byteStream, { isSlice, isKeySlice: isIrapSlice, beginsAccessUnit });
}

function beginsAccessUnit(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  if (startsPicture(nalUnit)) return true;
  if (type >= NAL.vps && type <= NAL.accessUnitDelimiter) return true;
  if (type >= NAL.firstReservedPrefix && type <= NAL.lastReservedPrefix) return true;
  return type === NAL.prefixSei || (type >= NAL.firstUnspecifiedPrefix && type <= NAL.lastUnspecifiedPrefix);
}
