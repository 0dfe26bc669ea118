import { describe, expect, it } from 'vitest';
import type { TimedUnit } from './paced-stream.ts';
import { RtpSender, type RtpSenderOptions } from './rtp-sender.ts';

function open(options: Partial<RtpSenderOptions> = {}) {
  const written: Buffer[] = [];
  const network = { queuedBytes: 0 };
  const sender = new RtpSender({
    outlet: {
      write: (bytes) => written.push(Buffer.from(bytes as Buffer)),
      get queuedBytes() {
        return network.queuedBytes;
      },
    },
    channels: { rtp: 4, rtcp: 5 },
    ssrc: 7,
    firstSequenceNumber: 65_535,
    maxQueuedBytes: 1000,
    ...options,
  });
  return { sender, network, packets: () => packetsOf(Buffer.concat(written)) };
}

function packetsOf(bytes: Buffer) {
  const packets = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) {
    const rtp = bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2));
    packets.push({
      channel: bytes.readUInt8(at + 1),
      marker: rtp.readUInt8(1) >= 0x80,
      sequenceNumber: rtp.readUInt16BE(2),
      rtpTimestamp: rtp.readUInt32BE(4),
      payload: rtp.subarray(12),
    });
  }
  return packets;
}

function unit(rtpTimestamp: number, isKeyFrame: boolean, payloads = ['one', 'two']): TimedUnit {
  const last = payloads.length - 1;
  return {
    rtpTimestamp,
    isKeyFrame,
    payloads: payloads.map((text, i) => ({ payload: Buffer.from(text), marker: i === last })),
  };
}

describe('RtpSender', () => {
  it('starts with a key frame, marks the last packet and numbers on past 65535', () => {
    const { sender, packets } = open();
    sender.send(unit(10, false), null);
    sender.send(unit(20, true), null);
    expect(packets()).toEqual([
      { channel: 4, marker: false, sequenceNumber: 65_535, rtpTimestamp: 20, payload: Buffer.from('one') },
      { channel: 4, marker: true, sequenceNumber: 0, rtpTimestamp: 20, payload: Buffer.from('two') },
    ]);
  });

  it('leaves out whole pictures for a slow client until it caught up and a key frame comes', () => {
    const { sender, network, packets } = open();
    sender.send(unit(1, true), null);
    network.queuedBytes = 1001;
    sender.send(unit(2, false), null);
    sender.send(unit(3, true), null);
    network.queuedBytes = 0;
    sender.send(unit(4, false), null);
    sender.send(unit(5, true), null);
    sender.send(unit(6, false), null);
    expect(packets().map((packet) => packet.rtpTimestamp)).toEqual([1, 1, 5, 5, 6, 6]);
    expect(sender.droppedUnits).toBe(3);
    expect(sender.nextSequenceNumber).toBe(5);
  });

  it('sends neither reports nor garbage into a full queue', () => {
    const { sender, network, packets } = open();
    network.queuedBytes = 1001;
    sender.sendReport({ wallMs: 0, rtpTimestamp: 0 });
    sender.sendGarbage();
    expect(packets()).toEqual([]);
  });

  it('loses packets by leaving gaps in the numbering', () => {
    const draws = [0, 0.9, 0.9, 0];
    const { sender, packets } = open({ random: () => draws.shift() ?? 0 });
    sender.send(unit(1, true, ['a', 'b', 'c']), { lossFrac: 0.5, flipFrac: 0 });
    expect(packets().map((packet) => packet.sequenceNumber)).toEqual([0]);
  });

  it('flips bytes in a copy: other clients get the picture whole', () => {
    const { sender, packets } = open();
    const shared = unit(1, true, ['a'.repeat(100)]);
    sender.send(shared, { lossFrac: 0, flipFrac: 1 });
    expect(packets()[0]?.payload).toHaveLength(100);
    expect(packets()[0]?.payload.toString('latin1')).not.toBe('a'.repeat(100));
    expect(shared.payloads[0]?.payload.toString()).toBe('a'.repeat(100));
  });
});
