import type { BitReader } from '../bit-reader.ts';

const GENERAL_BITS = 88;
const LEVEL_BITS = 8;
const MAX_SUB_LAYERS = 8;

/** Skips `profile_tier_level` (ITU-T H.265 clause 7.3.3), which stands in front of what a VPS and an SPS have to say. */
export function skipProfileTierLevel(reader: BitReader, subLayersMinus1: number): void {
  skip(reader, GENERAL_BITS + LEVEL_BITS);
  const present = Array.from({ length: subLayersMinus1 }, () => ({ profile: reader.flag(), level: reader.flag() }));
  if (subLayersMinus1 > 0) skip(reader, 2 * (MAX_SUB_LAYERS - subLayersMinus1));
  for (const { profile, level } of present) skip(reader, (profile ? GENERAL_BITS : 0) + (level ? LEVEL_BITS : 0));
}

function skip(reader: BitReader, bits: number): void {
  for (let left = bits; left > 0; left -= 32) reader.bits(Math.min(left, 32));
}
