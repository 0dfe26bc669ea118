import { isSlice, NAL, nalType, startsPicture } from './nal-unit.ts';

/** One access unit of a file: no clock of its own. */
export interface CodedPicture {
  /** Without start codes, in decoding order; views into the file's buffer. */
  readonly nalUnits: readonly Buffer[];
  /** Holds an IDR slice. */
  readonly isKeyFrame: boolean;
}

const START_CODE = Buffer.from([0, 0, 0, 1]);
const SHORT_START_CODE = Buffer.from([0, 0, 1]);

/** NAL units as a byte stream (ITU-T H.264 annex B): each after a four-byte start code. */
export function toAnnexB(nalUnits: readonly Buffer[]): Buffer {
  return Buffer.concat(nalUnits.flatMap((nalUnit) => [START_CODE, nalUnit]));
}

/**
 * The NAL units of a byte stream, as views into it. What stands before the first start code is not a NAL unit and is
 * left out; zero bytes after a NAL unit belong to the stream, not to it (a NAL unit never ends in one, clause 7.4.1).
 */
export function splitNalUnits(byteStream: Buffer): Buffer[] {
  const nalUnits: Buffer[] = [];
  let start = nextStart(byteStream, 0);
  while (start !== -1) {
    const next = nextStart(byteStream, start);
    let end = next === -1 ? byteStream.length : next - SHORT_START_CODE.length;
    while (end > start && byteStream[end - 1] === 0) end -= 1;
    if (end > start) nalUnits.push(byteStream.subarray(start, end));
    start = next;
  }
  return nalUnits;
}

function nextStart(byteStream: Buffer, from: number): number {
  const at = byteStream.indexOf(SHORT_START_CODE, from);
  return at === -1 ? -1 : at + SHORT_START_CODE.length;
}

/** What a codec's NAL units say of the pictures they make. */
export interface PictureRules {
  readonly isSlice: (nalUnit: Buffer) => boolean;
  readonly isKeySlice: (nalUnit: Buffer) => boolean;
  /** Of a NAL unit after slice data: it belongs to the next picture. */
  readonly beginsAccessUnit: (nalUnit: Buffer) => boolean;
}

/** The pictures of a byte stream, by the order of its NAL units alone. */
export function splitPictures(byteStream: Buffer, rules: PictureRules): CodedPicture[] {
  const pictures: CodedPicture[] = [];
  let current: Buffer[] = [];
  let hasSlice = false;
  const finish = (): void => {
    if (hasSlice) pictures.push({ nalUnits: current, isKeyFrame: current.some(rules.isKeySlice) });
    current = [];
    hasSlice = false;
  };
  for (const nalUnit of splitNalUnits(byteStream)) {
    if (hasSlice && rules.beginsAccessUnit(nalUnit)) finish();
    current.push(nalUnit);
    hasSlice ||= rules.isSlice(nalUnit);
  }
  finish();
  return pictures;
}

/**
 * H.264 (clause 7.4.1.2.3): a picture begins with the first delimiter, parameter set or SEI after slice data, or with a
 * slice that holds macroblock 0.
 */
export function splitAccessUnits(byteStream: Buffer): CodedPicture[] {
  const isKeySlice = (nalUnit: Buffer): boolean => nalType(nalUnit) === NAL.idrSlice;
  return splitPictures(byteStream, { isSlice, isKeySlice, beginsAccessUnit });
}

function beginsAccessUnit(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  if (startsPicture(nalUnit)) return true;
  return (type >= NAL.sei && type <= NAL.accessUnitDelimiter) || (type >= NAL.prefix && type <= NAL.reserved18);
}
