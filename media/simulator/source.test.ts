import { describe, expect, it } from 'vitest';
import { pictureSource } from './source.ts';

const [SPS, PPS, IDR, SLICE] = [0x67, 0x68, 0x65, 0x41].map((byte) => Buffer.from([byte, 0x88])) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];
const key = { nalUnits: [SPS, PPS, IDR], isKeyFrame: true };
const bareKey = { nalUnits: [IDR], isKeyFrame: true };
const inter = { nalUnits: [SLICE], isKeyFrame: false };
const timing = { fps: 25, phaseMs: 0 };

describe('pictureSource', () => {
  it('repeats from its first key frame for ever', async () => {
    const source = pictureSource([inter, key, inter, inter], timing);
    const units = await Promise.all([0, 1, 2, 3, 4].map((i) => source.unit(i)));
    expect(units.map((unit) => unit.isKeyFrame)).toEqual([true, false, false, true, false]);
    expect([0, 1, 3, 4].map((i) => source.nextKeyFrame(i))).toEqual([0, 3, 3, 6]);
  });

  it('finds key frames at uneven distances', () => {
    const source = pictureSource([key, inter, key, inter, inter], timing);
    expect([0, 1, 2, 3, 5, 6, 7, 8].map((i) => source.nextKeyFrame(i))).toEqual([0, 2, 2, 5, 5, 7, 7, 10]);
  });

  it('puts the parameter sets in force in front of key frames that lack them', async () => {
    const source = pictureSource([key, inter, bareKey], timing);
    expect((await source.unit(2)).nalUnits).toEqual([SPS, PPS, IDR]);
    expect(await source.parameterSets()).toEqual({ sps: SPS, pps: PPS });
  });

  it.each([
    ['no key frame', [inter, inter]],
    ['nothing', []],
    ['no parameter sets', [bareKey, inter]],
  ])('refuses a video with %s with camera.no-h264', (_what, pictures) => {
    expect(() => pictureSource(pictures, timing)).toThrow(expect.objectContaining({ code: 'camera.no-h264' }));
  });
});
