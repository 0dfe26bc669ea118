import { describe, expect, it } from 'vitest';
import type { RelayPacket } from './relay.port.ts';
import { RtpWriter } from './rtp-writer.ts';

const packet = (rtpTimestamp: number, marker = false): RelayPacket => ({
  payload: Buffer.from([0x67, 1, 2, 3]),
  marker,
  rtpTimestamp,
});

describe('RtpWriter', () => {
  it('puts an RTP header in front of the payload', () => {
    const writer = new RtpWriter(108, 0xdeadbeef);
    const written = writer.write(packet(0xfffffff0, true));
    expect(written.readUInt8(0)).toBe(0x80);
    expect(written.readUInt8(1)).toBe(0x80 | 108);
    expect(written.readUInt32BE(4)).toBe(0xfffffff0);
    expect(written.readUInt32BE(8)).toBe(0xdeadbeef);
    expect(written.subarray(12)).toEqual(Buffer.from([0x67, 1, 2, 3]));
    expect(writer.write(packet(0)).readUInt8(1)).toBe(108);
  });

  it('counts packets without a gap, across the 16-bit wrap and any jump of the camera in time', () => {
    const writer = new RtpWriter(108);
    const first = writer.write(packet(0)).readUInt16BE(2);
    for (let i = 1; i < 70_000; i += 1) {
      const sequenceNumber = writer.write(packet((i * 6_000_000) % 2 ** 32)).readUInt16BE(2);
      if (sequenceNumber !== (first + i) % 65_536)
        expect.fail(`packet ${String(i)} has number ${String(sequenceNumber)}`);
    }
  });
});
