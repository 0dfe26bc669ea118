import { describe, expect, it } from 'vitest';
import { H265ParameterSets } from './parameter-sets.ts';
import { describeSps, parseSps } from './sps.ts';
import { parseVps } from './vps.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Written by x265 for pictures of known size; the second is cropped. */
const SPS_320 = hex('42010101600000030090000003000003003ca00a080f165ba4a4c2e68080000003008000000784');
const SPS_322 = hex('42010101600000030090000003000003003ca00a880407111196e92930b9a020000003002000000301e1');
const SPS_1080 = hex('420101016000000300900000030000030078a003c0801107cb96e92930b9a020000003002000000301e1');
const VPS = hex('40010c01ffff01600000030090000003000003003cba0240');
const PPS = hex('4401c0718112');
const IDR = hex('2801a0f0');

/** A bit string as a NAL unit of the type. */
function nalUnit(type: number, ...fields: readonly (readonly [value: number, bits: number])[]): Buffer {
  const bits = [...fields, [1, 1] as const].map(([value, size]) => value.toString(2).padStart(size, '0')).join('');
  const bytes = bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)) ?? [];
  return Buffer.from([type << 1, 1, ...bytes]);
}

/** `profile_tier_level` with any profile; ones, so that nothing looks like an emulation prevention byte. */
const tier = (subLayersMinus1: number): [number, number][] => [
  ...Array.from({ length: 12 }, (): [number, number] => [0x11, 8]),
  ...Array.from({ length: subLayersMinus1 }, (): [number, number] => [0b11, 2]),
  ...(subLayersMinus1 === 0 ? [] : Array.from({ length: 8 - subLayersMinus1 }, (): [number, number] => [0, 2])),
  ...Array.from({ length: subLayersMinus1 * 12 }, (): [number, number] => [0x11, 8]),
];

describe('an SPS of H.265', () => {
  it.each([
    ['320x240', SPS_320, 320, 240],
    ['322x242, cropped', SPS_322, 322, 242],
    ['1920x1080', SPS_1080, 1920, 1080],
  ])('tells %s', (_what, sps, widthPx, heightPx) => {
    expect(describeSps(sps)).toEqual({ widthPx, heightPx });
  });

  it('tells the size behind the profiles of its sub-layers', () => {
    // vps id 0, two sub-layers; sps id 1 (010), 4:2:0 (010), 64 x 32 as ue(v), no window.
    const sps = nalUnit(33, [0, 4], [1, 3], [1, 1], ...tier(1), [0b010, 3], [0b010, 3], [65, 13], [33, 11], [0, 1]);
    expect(parseSps(sps)).toEqual({ id: 1, vpsId: 0, shape: { widthPx: 64, heightPx: 32 } });
  });

  it('is null when it is another NAL unit or cut off, and without a size that nobody believes', () => {
    expect(parseSps(PPS)).toBeNull();
    expect(parseSps(SPS_1080.subarray(0, 20))).toBeNull();
    const huge = nalUnit(
      33,
      [0, 4],
      [0, 3],
      [1, 1],
      ...tier(0),
      [1, 1],
      [0b010, 3],
      [2 ** 20 + 1, 41],
      [33, 11],
      [0, 1],
    );
    expect(parseSps(huge)).toMatchObject({ shape: null });
    expect(describeSps(huge)).toBeNull();
  });
});

describe('a VPS of H.265', () => {
  it('tells no rate where it has none', () => {
    expect(parseVps(VPS)).toEqual({ id: 0, fps: null });
    expect(parseVps(SPS_320)).toBeNull();
  });

  it('tells the rate behind its layer sets', () => {
    const before = [[2, 4], [3, 2], [0, 6], [0, 3], [1, 1], [0xffff, 16], ...tier(0)] as const;
    const ordering = [
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ] as const;
    // One more layer set (010) of one layer, then 1001 units at 30000 a second.
    const vps = nalUnit(32, ...before, ...ordering, [0, 6], [0b010, 3], [1, 1], [1, 1], [1001, 32], [30_000, 32]);
    expect(parseVps(withPrevention(vps))?.id).toBe(2);
    expect(parseVps(withPrevention(vps))?.fps).toBeCloseTo(29.97, 2);
  });
});

/** As an encoder writes it: no 00 00 00 to 00 00 03 inside. */
function withPrevention(nalUnit: Buffer): Buffer {
  const bytes: number[] = [];
  for (const byte of nalUnit) {
    if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
    bytes.push(byte);
  }
  return Buffer.from(bytes);
}

describe('H265ParameterSets', () => {
  it('puts what a key frame refers to in front of it, in order, and leaves its own sets out', () => {
    const sets = new H265ParameterSets();
    for (const set of [PPS, SPS_320, VPS]) expect(sets.remember(set)).toBe(true);
    expect(sets.remember(Buffer.from(SPS_320))).toBe(false);
    expect(sets.completeKeyFrame([SPS_320, IDR])).toEqual([VPS, SPS_320, PPS, IDR]);
    expect(sets.remember(SPS_1080)).toBe(true);
    expect(sets.completeKeyFrame([IDR])).toEqual([VPS, SPS_1080, PPS, IDR]);
  });

  it.each([
    ['a VPS', [SPS_320, PPS]],
    ['an SPS', [VPS, PPS]],
    ['a PPS', [VPS, SPS_320]],
  ])('takes a key frame without %s for one that nobody can decode', (_what, known) => {
    const sets = new H265ParameterSets();
    for (const set of known) sets.remember(set);
    expect(sets.completeKeyFrame([IDR])).toBeNull();
  });

  it('keeps nothing that is broken, too large or no parameter set', () => {
    const sets = new H265ParameterSets();
    const large = Buffer.concat([PPS, Buffer.alloc(3000, 1)]);
    for (const wrong of [IDR, hex('4401'), hex('42010101'), large, Buffer.alloc(0)])
      expect(sets.remember(wrong)).toBe(false);
  });
});
