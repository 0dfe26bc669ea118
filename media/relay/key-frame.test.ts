import { describe, expect, it } from 'vitest';
import { packetize } from '../h264/packetize.ts';
import { beginsKeyFrame } from './key-frame.ts';

const sps = Buffer.from([0x67, 0x42, 0xe0, 0x1f]);
const pps = Buffer.from([0x68, 0xce, 0x3c, 0x80]);
const sei = Buffer.from([0x06, 0x05, 0x01]);
const idr = Buffer.concat([Buffer.from([0x65]), Buffer.alloc(3000, 0x67)]);
const inter = Buffer.concat([Buffer.from([0x41]), Buffer.alloc(3000, 0x67)]);

describe('beginsKeyFrame', () => {
  it('is true of exactly the first packet of a key frame', () => {
    for (const nalUnits of [
      [sps, pps, idr],
      [sps, idr],
      [sei, sps, pps, idr],
    ]) {
      const [first, ...rest] = packetize(nalUnits).map(({ payload }) => beginsKeyFrame(payload));
      expect(first).toBe(true);
      expect(rest.length).toBeGreaterThan(0);
      expect(rest).not.toContain(true);
    }
  });

  it('is false of other pictures and of broken payloads', () => {
    expect(packetize([inter]).some(({ payload }) => beginsKeyFrame(payload))).toBe(false);
    expect(packetize([sei, inter]).some(({ payload }) => beginsKeyFrame(payload))).toBe(false);
    for (const broken of [[], [0x78], [0x78, 0], [0x78, 0, 0], [0x78, 0xff, 0xff, 0x41], [0x78, 0, 0, 0, 0, 0, 0]]) {
      expect(beginsKeyFrame(Buffer.from(broken))).toBe(false);
    }
  });
});
