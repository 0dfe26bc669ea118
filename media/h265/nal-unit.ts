/** The NAL unit types this product looks at (ITU-T H.265 table 7-1; 48 and up: RFC 7798 section 4.4). */
export const NAL = {
  /** Pictures that need no earlier one: 16 to 23. IDR are 19 and 20. */
  firstIrap: 16,
  idr: 19,
  lastIrap: 23,
  lastSlice: 31,
  vps: 32,
  sps: 33,
  pps: 34,
  accessUnitDelimiter: 35,
  filler: 38,
  prefixSei: 39,
  firstReservedPrefix: 41,
  lastReservedPrefix: 44,
  firstUnspecifiedPrefix: 48,
  aggregate: 48,
  fragment: 49,
  lastUnspecifiedPrefix: 55,
} as const;

export const HEADER_BYTES = 2;

/** `nal_unit_type`. */
export function nalType(nalUnit: Buffer): number {
  return ((nalUnit[0] ?? 0) >> 1) & 0x3f;
}

/** Of the picture itself; other layers (scalability, a second eye) are not decoded here. */
export function isBaseLayer(nalUnit: Buffer): boolean {
  return ((nalUnit[0] ?? 0) & 1) === 0 && (nalUnit[1] ?? 0) >> 3 === 0;
}

/** With a whole header, of a type that stands for itself. */
export function isWholeNalUnit(nalUnit: Buffer): boolean {
  return nalUnit.length > HEADER_BYTES && nalType(nalUnit) < NAL.aggregate;
}

export function isSlice(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  return type <= NAL.lastSlice;
}

/** Of an intra random access picture (clause 3.69): decoding can begin with it. */
export function isIrapSlice(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  return type >= NAL.firstIrap && type <= NAL.lastIrap;
}

/** `first_slice_segment_in_pic_flag` is the first bit of a slice (clause 7.3.6.1). */
export function startsPicture(nalUnit: Buffer): boolean {
  return isSlice(nalUnit) && ((nalUnit[HEADER_BYTES] ?? 0) & 0x80) !== 0;
}
