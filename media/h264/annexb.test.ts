import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAccessUnits, splitNalUnits, toAnnexB } from './annexb.ts';

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const sps = bytes(0x67, 0x42, 0xe0, 0x1f);
const pps = bytes(0x68, 0xce, 0x3c, 0x80);
const sei = bytes(0x06, 0x05, 0x01, 0x80);
const delimiter = bytes(0x09, 0xf0);
const idr = bytes(0x65, 0x88, 0x11);
const idrSecondSlice = bytes(0x65, 0x48, 0x22);
const inter = bytes(0x41, 0x9a, 0x33);

describe('splitNalUnits', () => {
  it('reads three- and four-byte start codes and leaves their zeros out', () => {
    const stream = Buffer.concat([bytes(0, 0, 0, 1), sps, bytes(0, 0, 1), pps, bytes(0, 0, 0, 0, 1), idr, bytes(0, 0)]);
    expect(splitNalUnits(stream)).toEqual([sps, pps, idr]);
  });

  it('finds nothing in bytes without a start code', () => {
    expect(splitNalUnits(bytes(1, 2, 3, 0, 0))).toEqual([]);
    expect(splitNalUnits(Buffer.alloc(0))).toEqual([]);
  });

  it('gives back what toAnnexB wrote, for any NAL units', () => {
    // Emulation prevention keeps start codes and trailing zeros out of real NAL units: no two zeros in a row here.
    const nalUnit = fc
      .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 40 })
      .map((values) => Buffer.from(values));
    fc.assert(
      fc.property(fc.array(nalUnit), (nalUnits) => {
        expect(splitNalUnits(toAnnexB(nalUnits))).toEqual(nalUnits);
      }),
    );
  });
});

describe('splitAccessUnits', () => {
  it('keeps parameter sets, SEI and all slices of a picture together', () => {
    const stream = toAnnexB([delimiter, sps, pps, sei, idr, idrSecondSlice, delimiter, inter, inter, sps, pps, idr]);
    const pictures = splitAccessUnits(stream);
    expect(pictures.map((picture) => picture.nalUnits)).toEqual([
      [delimiter, sps, pps, sei, idr, idrSecondSlice],
      [delimiter, inter],
      [inter],
      [sps, pps, idr],
    ]);
    expect(pictures.map((picture) => picture.isKeyFrame)).toEqual([true, false, false, true]);
  });

  it('leaves out parameter sets that no picture follows', () => {
    expect(splitAccessUnits(toAnnexB([idr, sps, pps]))).toHaveLength(1);
  });
});
