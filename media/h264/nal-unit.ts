/** The NAL unit types this product looks at (ITU-T H.264 table 7-1; 24 and up: RFC 6184 table 3). */
export const NAL = {
  slice: 1,
  partitionA: 2,
  partitionC: 4,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  filler: 12,
  prefix: 14,
  reserved18: 18,
  stapA: 24,
  fuA: 28,
} as const;

export const HEADER_BYTES = 1;

/** `nal_unit_type`, 0 for an empty buffer (0 is unspecified and never a picture). */
export function nalType(nalUnit: Buffer): number {
  return (nalUnit[0] ?? 0) & 0x1f;
}

/** Slice data: what makes a run of NAL units a picture. */
export function isSlice(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  return type >= NAL.slice && type <= NAL.idrSlice;
}

/**
 * A slice that starts a picture: `first_mb_in_slice` is 0, that is, its first bit is 1 (ue(v), clause 7.3.3). Data
 * partitions B and C start with a slice id instead and never start a picture.
 */
export function startsPicture(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  const hasSliceHeader = type === NAL.slice || type === NAL.partitionA || type === NAL.idrSlice;
  return hasSliceHeader && ((nalUnit[1] ?? 0) & 0x80) !== 0;
}
