import { describe, expect, it } from 'vitest';
import type { AccessUnit } from '../packet.ts';
import { packetize, packetizeUnit } from './packetize.ts';

const sps = Buffer.from([0x67, 0x42, 0xe0, 0x1f]);
const pps = Buffer.from([0x68, 0xce, 0x3c, 0x80]);
const nalUnit = (header: number, bytes: number): Buffer => {
  const nal = Buffer.alloc(bytes, 0xab);
  nal[0] = header;
  return nal;
};

describe('packetize', () => {
  it('sends a NAL unit that fits alone as it is, with the marker', () => {
    const slice = nalUnit(0x41, 1150);
    expect(packetize([slice])).toEqual([{ payload: slice, marker: true }]);
  });

  it('puts small NAL units into one STAP-A with the greatest NRI', () => {
    const [first, ...rest] = packetize([sps, pps, nalUnit(0x06, 3)]);
    expect(rest).toEqual([]);
    const expected = Buffer.from([0x78, 0, 4, ...sps, 0, 4, ...pps, 0, 3, 0x06, 0xab, 0xab]);
    expect(first).toEqual({ payload: expected, marker: true });
  });

  it('cuts a large NAL unit into FU-A fragments that keep its NRI and type', () => {
    const payloads = packetize([sps, pps, nalUnit(0x65, 2500)], 1000);
    expect(payloads.map(({ marker }) => marker)).toEqual([false, false, false, true]);
    expect(payloads.map(({ payload }) => payload.readUInt16BE(0).toString(16))).toEqual([
      '7800',
      '7c85',
      '7c05',
      '7c45',
    ]);
    expect(payloads.slice(1).reduce((total, { payload }) => total + payload.length - 2, 0)).toBe(2499);
  });

  it('never makes a payload larger than allowed, nor an FU-A of one fragment', () => {
    for (let bytes = 1; bytes < 400; bytes += 1) {
      const payloads = packetize([sps, nalUnit(0x65, bytes), pps], 100);
      for (const { payload } of payloads) {
        expect(payload.length).toBeLessThanOrEqual(100);
        if ((payload.readUInt8(0) & 0x1f) === 28) expect(payload.readUInt8(1) & 0xc0).not.toBe(0xc0);
      }
      expect(payloads.filter(({ marker }) => marker)).toHaveLength(1);
    }
  });

  it('leaves out delimiters and filler, and makes nothing of nothing', () => {
    expect(packetize([nalUnit(0x09, 2), nalUnit(0x0c, 900)])).toEqual([]);
    expect(packetize([nalUnit(0x09, 2), sps])).toEqual([{ payload: sps, marker: true }]);
  });
});

describe('packetizeUnit', () => {
  it('stamps every payload with the ticks modulo 2^32', () => {
    const unit: AccessUnit = {
      nalUnits: [sps, pps, nalUnit(0x65, 3000)],
      isKeyFrame: true,
      rtpTimestamp: 7,
      ticks90k: 157_680_000_000_123,
      receivedAtMs: 0,
      codec: 'H264',
      isDamaged: false,
    };
    const stamps = new Set(packetizeUnit(unit).map(({ rtpTimestamp }) => rtpTimestamp));
    expect([...stamps]).toEqual([157_680_000_000_123 % 4_294_967_296]);
  });
});
