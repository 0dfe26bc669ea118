import { describe, expect, it } from 'vitest';
import { formatReceiverReport, middleNtpBits, parseRtcp } from './rtcp.ts';

function senderReport(seconds: number, fraction: number): Buffer {
  const part = Buffer.alloc(28);
  part.writeUInt8(0x80, 0);
  part.writeUInt8(200, 1);
  part.writeUInt16BE(6, 2);
  part.writeUInt32BE(7, 4);
  part.writeUInt32BE(seconds, 8);
  part.writeUInt32BE(fraction, 12);
  part.writeUInt32BE(0xfffffff0, 16);
  return part;
}
const description = Buffer.from([0x81, 202, 0, 3, 0, 0, 0, 7, 1, 3, 0x63, 0x61, 0x6d, 0, 0, 0]);
const goodbye = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 7]);

describe('parseRtcp', () => {
  it('reads sender reports and goodbyes of a compound packet', () => {
    const reports = parseRtcp(Buffer.concat([senderReport(2_208_988_801, 2 ** 31), description, goodbye]));
    expect(reports).toEqual({
      senderReports: [{ ssrc: 7, ntpMs: 1500, rtpTimestamp: 0xfffffff0 }],
      goodbyes: [7],
    });
  });

  it('counts on into the next NTP era in 2036', () => {
    const { senderReports } = parseRtcp(Buffer.concat([senderReport(2 ** 32 - 1, 0), senderReport(1, 0)]));
    expect((senderReports[1]?.ntpMs ?? 0) - (senderReports[0]?.ntpMs ?? 0)).toBe(2000);
    expect(new Date(senderReports[1]?.ntpMs ?? 0).getUTCFullYear()).toBe(2036);
  });

  it('ignores a report without a clock, and everything from the first malformed part on', () => {
    expect(parseRtcp(senderReport(0, 0)).senderReports).toEqual([]);
    expect(parseRtcp(Buffer.concat([senderReport(5, 5), Buffer.from([0x80, 200, 0xff, 0xff]), goodbye]))).toMatchObject(
      {
        senderReports: [{ ssrc: 7 }],
        goodbyes: [],
      },
    );
    const cutOff = senderReport(5, 5);
    cutOff.writeUInt16BE(12, 2);
    expect(parseRtcp(cutOff).senderReports).toEqual([]);
    expect(parseRtcp(Buffer.from([0x80, 200, 0, 0]))).toEqual({ senderReports: [], goodbyes: [] });
    expect(parseRtcp(Buffer.from([0x9f, 203, 0, 0])).goodbyes).toEqual([]);
  });
});

describe('formatReceiverReport', () => {
  it('writes a report and a CNAME as RFC 3550 lays them out', () => {
    const bytes = formatReceiverReport(0x01020304, {
      ssrc: 0x0a0b0c0d,
      fractionLost: 64,
      lostPackets: 5,
      highestSequence: 65_536 + 9,
      jitterTicks: 33,
      lastReportNtpBits: 0x11223344,
      sinceLastReport65536: 65_536,
    });
    const report =
      '81c90007' + '01020304' + '0a0b0c0d' + '40000005' + '00010009' + '00000021' + '11223344' + '00010000';
    const source = '81ca0004' + '01020304' + '0108' + Buffer.from('footfall').toString('hex') + '0000';
    expect(bytes.toString('hex')).toBe(report + source);
  });
});

describe('middleNtpBits', () => {
  it('is the middle of the 64-bit NTP time', () => {
    expect(middleNtpBits(1500)).toBe((((2_208_988_801 & 0xffff) << 16) | 0x8000) >>> 0);
  });
});
