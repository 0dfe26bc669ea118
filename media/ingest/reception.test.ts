import { describe, expect, it } from 'vitest';
import type { RtpPacket } from '../packet.ts';
import { Reception } from './reception.ts';

const packet = (sequenceNumber: number, ssrc = 1, timestamp = 0): RtpPacket => ({
  payloadType: 96,
  marker: false,
  sequenceNumber: sequenceNumber & 0xffff,
  timestamp,
  ssrc,
  payload: Buffer.alloc(0),
});

function receive(reception: Reception, sequenceNumbers: readonly number[], ssrc = 1): void {
  for (const sequenceNumber of sequenceNumbers) reception.packetArrived(packet(sequenceNumber, ssrc), 0);
}

describe('Reception', () => {
  it('counts missing packets over the wrap of sequence numbers', () => {
    const reception = new Reception();
    receive(reception, [65_533, 65_534, 65_536, 65_539]);
    expect(reception.lostPackets).toBe(3);
    expect(reception.report(0)).toMatchObject({
      lostPackets: 3,
      highestSequence: 65_539,
      fractionLost: Math.floor((3 * 256) / 7),
    });
  });

  it('reports the fraction lost since the last report only', () => {
    const reception = new Reception();
    receive(reception, [0, 1, 3]);
    reception.report(0);
    receive(reception, [4, 5, 6]);
    expect(reception.report(0)?.fractionLost).toBe(0);
  });

  it('takes a new SSRC or a far jump for a restart and keeps what was lost before', () => {
    const reception = new Reception();
    receive(reception, [0, 2]);
    receive(reception, [9000], 2);
    receive(reception, [20_000, 20_002], 2);
    expect(reception.ssrc).toBe(2);
    expect(reception.lostPackets).toBe(2);
  });

  it('never counts below zero when packets come twice', () => {
    const reception = new Reception();
    receive(reception, [5, 5, 5]);
    expect(reception.lostPackets).toBe(0);
    expect(reception.report(0)).toMatchObject({ fractionLost: 0, lostPackets: 0 });
  });

  it('tells how long ago the last sender report was', () => {
    const reception = new Reception();
    expect(reception.report(0)).toBeNull();
    receive(reception, [1]);
    reception.senderReportArrived({ ssrc: 1, ntpMs: 0, rtpTimestamp: 0 }, 1000);
    expect(reception.report(1500)?.sinceLastReport65536).toBe(32_768);
  });

  it('measures jitter as RFC 3550 does', () => {
    const reception = new Reception();
    reception.packetArrived(packet(1, 1, 0), 0);
    reception.packetArrived(packet(2, 1, 900), 10 + 16); // 16 ms late: 1440 ticks / 16.
    expect(reception.report(0)?.jitterTicks).toBe(90);
  });
});
