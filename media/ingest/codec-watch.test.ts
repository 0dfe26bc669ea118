import { describe, expect, it } from 'vitest';
import { packetize } from '../h264/packetize.ts';
import { packetizeH265 } from '../h265/packetize.ts';
import type { CodecName, RtpPacket } from '../packet.ts';
import { CodecWatch } from './codec-watch.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const H264_SETS = [hex('67640028acd940780227e5c044000003000400000300f03c60c658'), hex('68ebe3cb20')];
const H265_SETS = [
  hex('40010c01ffff016000000300900000030000030078ba0240'),
  hex('420101016000000300900000030000030078a003c0801107cb96e92930b9a020000003002000000301e1'),
  hex('4401c0718112'),
];

function packets(codec: CodecName, nalUnits: readonly Buffer[], maxBytes: number): RtpPacket[] {
  const payloads = codec === 'H264' ? packetize(nalUnits, maxBytes) : packetizeH265(nalUnits, maxBytes);
  return payloads.map(({ payload, marker }) => ({
    ...{ payload, marker, payloadType: 96, sequenceNumber: 0, timestamp: 0, ssrc: 1 },
  }));
}

describe('CodecWatch', () => {
  it.each([
    ['H264', 'H265', H265_SETS],
    ['H265', 'H264', H264_SETS],
  ] as const)('of %s notices parameter sets of %s, alone or together, when they come again', (from, to, sets) => {
    for (const maxBytes of [45, 1400]) {
      const watch = new CodecWatch(from);
      const group = packets(to, sets, maxBytes);
      expect(group.map((packet) => watch.changedTo(packet))).not.toContain(to);
      expect(group.map((packet) => watch.changedTo(packet))).toContain(to);
    }
  });

  it.each([
    ['H264', [...H264_SETS, hex('6588843f'), hex('419a0102'), hex('06050180'), hex('7c8501')]],
    ['H265', [...H265_SETS, hex('2801a0f0'), hex('0201d05a'), hex('4e010180'), hex('6201935a')]],
  ] as const)('takes %s for what it is', (codec, nalUnits) => {
    const watch = new CodecWatch(codec);
    for (let nth = 0; nth < 50; nth += 1) {
      for (const packet of packets(codec, nalUnits, 1400)) expect(watch.changedTo(packet)).toBeNull();
      for (const nalUnit of nalUnits)
        for (const packet of packets(codec, [nalUnit], 1400)) expect(watch.changedTo(packet)).toBeNull();
    }
  });
});
