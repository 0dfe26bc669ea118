import { describe, expect, it } from 'vitest';
import { parseSps } from './sps.ts';

/** Written by x264 for pictures of known size and rate. */
const GOLDEN = [
  { hex: '674d4016eca05017fcb80880000003008000000f078b16cb', shape: [77, 22, '4d4016', 640, 360, 15] },
  { hex: '67640028acd940780227e5c044000003000400000300f03c60c658', shape: [100, 40, '640028', 1920, 1080, 30] },
  { hex: '67f4001e919b281686bdc7e022000003000200000300641e2c5b2c', shape: [244, 30, 'f4001e', 718, 402, 25] },
  { hex: '6742c00cd90150878888c044000003000400000300603c50a920', shape: [66, 12, '42c00c', 322, 242, 12] },
  // Interlaced: the height counts field pairs.
  { hex: '6764001eacd940b424d8088000000300800000190f8a14cb', shape: [100, 30, '64001e', 720, 576, 25] },
] as const;

describe('parseSps', () => {
  it.each(GOLDEN)('reads $shape', ({ hex, shape }) => {
    const parsed = parseSps(Buffer.from(hex, 'hex'));
    expect(parsed === null ? null : Object.values(parsed)).toEqual(shape);
  });

  it('keeps the size of a set that is cut off in its timing', () => {
    const cut = Buffer.from(GOLDEN[1].hex, 'hex').subarray(0, 16);
    expect(parseSps(cut)).toMatchObject({ widthPx: 1920, heightPx: 1080, fps: null });
  });

  it('is null for other NAL units and for sets cut off before the size', () => {
    expect(parseSps(Buffer.from('68ebe3cb20', 'hex'))).toBeNull();
    expect(parseSps(Buffer.from('674d4016ec', 'hex'))).toBeNull();
    expect(parseSps(Buffer.alloc(0))).toBeNull();
  });
});
