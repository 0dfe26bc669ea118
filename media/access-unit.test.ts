import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessUnit, RtpPacket, VideoTrack } from './packet.ts';
import { AccessUnitAssembler } from './access-unit.ts';
import { MAX_PICTURE_BYTES } from './fragment-buffer.ts';
import { packetize } from './h264/packetize.ts';

const sps = Buffer.from('674d4016eca05017fcb80880000003008000000f078b16cb', 'hex');
const otherSps = Buffer.from('67640028acd940780227e5c044000003000400000300f03c60c658', 'hex');
const pps = Buffer.from('68ebe3cb20', 'hex');
const sei = Buffer.from([0x06, 0x05, 0x01, 0x80]);
const delimiter = Buffer.from([0x09, 0xf0]);

/** A slice header of type I that refers to parameter set 0: `1 0001000 1` at macroblock 0, `010 0001000 1` after it. */
function slice(header: number, bytes = 40, firstMacroblock = 0): Buffer {
  const nalUnit = Buffer.alloc(bytes, 0x5a);
  nalUnit[0] = header;
  nalUnit[1] = firstMacroblock === 0 ? 0b10001000 : 0b01000010;
  nalUnit[2] = firstMacroblock === 0 ? 0b10000100 : 0b00100100;
  return nalUnit;
}
const idr = slice(0x65);
const inter = slice(0x41);

const track: VideoTrack = {
  codec: 'H264',
  payloadType: 96,
  parameterSets: [],
  widthPx: null,
  heightPx: null,
  fps: null,
  profileLevelId: null,
};

class Stream {
  readonly units: AccessUnit[] = [];
  readonly assembler: AccessUnitAssembler;
  #sequenceNumber = 65_530;

  constructor(from: Partial<VideoTrack> = {}) {
    this.assembler = new AccessUnitAssembler({
      track: { ...track, ...from },
      ticksOf: (rtpTimestamp, receivedAtMs) => rtpTimestamp * 1000 + receivedAtMs,
      onUnit: (unit) => this.units.push(unit),
    });
  }

  send(payload: Buffer, timestamp: number, marker: boolean, receivedAtMs = 0): void {
    this.assembler.push(this.packet(payload, timestamp, marker), receivedAtMs);
  }

  packet(payload: Buffer, timestamp: number, marker: boolean): RtpPacket {
    const sequenceNumber = this.#sequenceNumber & 0xffff;
    this.#sequenceNumber += 1;
    return { payloadType: 96, marker, sequenceNumber, timestamp, ssrc: 1, payload };
  }

  lose(packets = 1): void {
    this.#sequenceNumber += packets;
  }

  picture(nalUnits: readonly Buffer[], timestamp: number, maxPayloadBytes = 100): void {
    for (const { payload, marker } of packetize(nalUnits, maxPayloadBytes)) this.send(payload, timestamp, marker);
  }
}

describe('AccessUnitAssembler', () => {
  it('gives back the pictures that were packetised, whatever the sizes', () => {
    const size = fc.integer({ min: 3, max: 3000 });
    const picture = fc.record({ isKey: fc.boolean(), sizes: fc.array(size, { minLength: 1, maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(picture, { maxLength: 8 }), fc.integer({ min: 60, max: 1400 }), (pictures, maxBytes) => {
        const stream = new Stream();
        const sent = pictures.map(({ isKey, sizes }, index) => {
          const slices = sizes.map((bytes, nth) => slice(isKey ? 0x65 : 0x41, bytes, nth));
          const nalUnits = isKey ? [sps, pps, ...slices] : slices;
          stream.picture(nalUnits, index * 6000, maxBytes);
          return nalUnits;
        });
        expect(stream.units.map((unit) => unit.nalUnits)).toEqual(sent);
        expect(stream.units.map((unit) => unit.isKeyFrame)).toEqual(pictures.map(({ isKey }) => isKey));
        expect(stream.units.every((unit) => !unit.isDamaged)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('ends a picture at its marker, with its own times', () => {
    const stream = new Stream({ parameterSets: [sps, pps] });
    stream.send(slice(0x41, 40), 7, false, 10);
    expect(stream.units).toEqual([]);
    stream.send(slice(0x41, 40, 1), 7, true, 12);
    expect(stream.units).toMatchObject([{ rtpTimestamp: 7, ticks90k: 7010, receivedAtMs: 12, isKeyFrame: false }]);
  });

  it('ends a picture at the next RTP time when the camera sets no marker', () => {
    const stream = new Stream();
    for (const timestamp of [1, 2, 3]) stream.send(inter, timestamp, false, timestamp);
    expect(stream.units.map((unit) => [unit.rtpTimestamp, unit.receivedAtMs])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('puts the described parameter sets in front of a key frame that has none', () => {
    const stream = new Stream({ parameterSets: [sps, pps] });
    stream.picture([delimiter, idr], 1);
    expect(stream.units[0]?.nalUnits).toEqual([sps, pps, idr]);
    expect(stream.units[0]?.isKeyFrame).toBe(true);
  });

  it('puts newer parameter sets from the stream in front, even when they came in packets of their own', () => {
    const stream = new Stream({ parameterSets: [sps, pps] });
    stream.send(otherSps, 1, true);
    stream.send(pps, 1, true);
    stream.send(sei, 1, true);
    stream.send(idr, 1, true);
    expect(stream.units.map((unit) => unit.nalUnits)).toEqual([[otherSps, pps, sei, idr]]);
    expect(stream.assembler.track).toMatchObject({ widthPx: 1920, heightPx: 1080, fps: 30, profileLevelId: '640028' });
    stream.send(idr, 2, true);
    expect(stream.units[1]?.nalUnits).toEqual([otherSps, pps, idr]);
  });

  it('takes an IDR whose parameter sets were never seen for a damaged picture, not for a key frame', () => {
    const stream = new Stream({ parameterSets: [sps] });
    stream.picture([idr], 1);
    expect(stream.units).toMatchObject([{ isKeyFrame: false, isDamaged: true }]);
  });

  it('drops a NAL unit with a lost fragment and says that the picture is damaged', () => {
    for (const lost of [0, 1, 2, 3]) {
      const stream = new Stream({ parameterSets: [sps, pps] });
      stream.picture([inter], 1);
      const large = slice(0x41, 390);
      for (const [index, { payload, marker }] of packetize([slice(0x41, 90), large], 100).entries()) {
        if (index === lost + 1) stream.lose();
        else stream.send(payload, 2, marker);
      }
      stream.picture([inter], 3);
      const [, damaged, next] = stream.units;
      expect(damaged?.isDamaged).toBe(true);
      expect(damaged?.nalUnits).toHaveLength(1);
      // A lost end may have belonged to either picture.
      expect(next?.isDamaged).toBe(lost === 3);
    }
  });

  it('marks the picture after a gap, over the wrap of sequence numbers too, and no other', () => {
    const stream = new Stream();
    for (let timestamp = 0; timestamp < 12; timestamp += 1) {
      if (timestamp === 5 || timestamp === 9) stream.lose();
      stream.picture([inter], timestamp);
    }
    expect(stream.units.map((unit) => unit.isDamaged).flatMap((isDamaged, at) => (isDamaged ? [at] : []))).toEqual([
      5, 9,
    ]);
  });

  it('puts a picture together whose camera marks every slice as the last', () => {
    const stream = new Stream();
    for (let timestamp = 0; timestamp < 4; timestamp += 1) {
      for (let nth = 0; nth < 3; nth += 1) {
        for (const { payload } of packetize([slice(0x41, 250, nth)], 100)) stream.send(payload, timestamp, true);
      }
    }
    // The first picture shows the habit; from the second on all slices are together. The last one is still open.
    expect(stream.units.map((unit) => unit.nalUnits.length)).toEqual([1, 3, 3]);
  });

  it('drops a picture beyond 4 MiB and takes the next', () => {
    const stream = new Stream();
    const payload = slice(0x41, 60_000);
    const packets = Math.ceil(MAX_PICTURE_BYTES / payload.length) + 1;
    for (let nth = 0; nth < packets; nth += 1) stream.send(payload, 1, nth === packets - 1);
    stream.picture([inter], 2);
    expect(stream.units.map((unit) => unit.rtpTimestamp)).toEqual([2]);
    expect(stream.assembler.stats()).toEqual({ units: 1, keyFrames: 0, damaged: 0, oversize: 1 });
  });

  it('drops a fragmented NAL unit beyond 4 MiB and goes on', () => {
    const stream = new Stream();
    const start = Buffer.alloc(60_000, 1).fill(Buffer.from([0x5c, 0x81]), 0, 2);
    const middle = Buffer.alloc(60_000, 1).fill(Buffer.from([0x5c, 0x01]), 0, 2);
    stream.send(start, 1, false);
    for (let nth = 0; nth < 80; nth += 1) stream.send(middle, 1, false);
    stream.send(Buffer.from([0x5c, 0x41, 0]), 1, true);
    stream.picture([inter], 2);
    expect(stream.units.map((unit) => unit.rtpTimestamp)).toEqual([2]);
    expect(stream.assembler.stats().oversize).toBe(0); // Given up before it was a NAL unit.
  });
});
