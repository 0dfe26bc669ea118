import { expect, it } from 'vitest';
import { writeSenderReport } from './sender-report.ts';

it('writes a sender report and a CNAME as RFC 3550 lays them out', () => {
  const wallMs = Date.UTC(2024, 0, 2, 3, 4, 5, 250);
  const packet = writeSenderReport(
    { ssrc: 0xdeadbeef, wallMs, rtpTimestamp: 0xfffffff0, packets: 3, octets: 999 },
    'camera',
  );
  expect(packet.readUInt16BE(0)).toBe(0x80c8);
  expect(packet.readUInt16BE(2)).toBe(6);
  expect(packet.readUInt32BE(4)).toBe(0xdeadbeef);
  const ntpSeconds = packet.readUInt32BE(8) - 2_208_988_800;
  expect(ntpSeconds * 1000 + (packet.readUInt32BE(12) / 2 ** 32) * 1000).toBeCloseTo(wallMs, 3);
  expect(packet.readUInt32BE(16)).toBe(0xfffffff0);
  expect([packet.readUInt32BE(20), packet.readUInt32BE(24)]).toEqual([3, 999]);
  const description = packet.subarray(28);
  expect(description.readUInt16BE(0)).toBe(0x81ca);
  expect((description.readUInt16BE(2) + 1) * 4).toBe(description.length);
  expect(description.toString('latin1', 8, 16)).toBe('\x01\x06camera');
});
