import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccessUnitAssembler } from '../access-unit.ts';
import type { AccessUnit } from '../packet.ts';
import { splitH265AccessUnits } from './annexb.ts';
import { toAnnexB } from '../h264/annexb.ts';
import { packetizeH265 } from './packetize.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const vps = hex('40010c01ffff01600000030090000003000003003cba0240');
const sps = hex('42010101600000030090000003000003003ca00a080f165ba4a4c2e68080000003008000000784');
const pps = hex('4401c0718112');
const delimiter = hex('460150');
const prefixSei = hex('4e010180');

/** A slice segment; the first of its picture refers to parameter set 0. */
function slice(type: number, bytes = 40, isFirst = true): Buffer {
  const nalUnit = Buffer.alloc(bytes, 0x5a);
  nalUnit[0] = type << 1;
  nalUnit[1] = 1;
  nalUnit[2] = isFirst ? 0b10100000 : 0b00100000;
  return nalUnit;
}
const [TRAIL, IDR, CRA] = [1, 19, 21];

class Stream {
  readonly units: AccessUnit[] = [];
  readonly assembler: AccessUnitAssembler;
  #sequenceNumber = 65_530;

  constructor(parameterSets: readonly Buffer[] = []) {
    const unknown = { widthPx: null, heightPx: null, fps: null, profileLevelId: null };
    this.assembler = new AccessUnitAssembler({
      track: { codec: 'H265', payloadType: 96, parameterSets, ...unknown },
      ticksOf: (rtpTimestamp) => rtpTimestamp,
      onUnit: (unit) => this.units.push(unit),
    });
  }

  send(payload: Buffer, timestamp: number, marker: boolean): void {
    const sequenceNumber = this.#sequenceNumber & 0xffff;
    this.#sequenceNumber += 1;
    this.assembler.push({ payloadType: 96, marker, sequenceNumber, timestamp, ssrc: 1, payload }, 0);
  }

  picture(nalUnits: readonly Buffer[], timestamp: number, maxPayloadBytes = 100): void {
    for (const { payload, marker } of packetizeH265(nalUnits, maxPayloadBytes)) this.send(payload, timestamp, marker);
  }

  lose(): void {
    this.#sequenceNumber += 1;
  }
}

describe('pictures of H.265', () => {
  it('come back as they were packetised, whatever the sizes', () => {
    const picture = fc.record({
      type: fc.constantFrom(TRAIL, IDR, CRA),
      sizes: fc.array(fc.integer({ min: 4, max: 3000 }), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(picture, { maxLength: 8 }), fc.integer({ min: 60, max: 1400 }), (pictures, maxBytes) => {
        const stream = new Stream();
        const sent = pictures.map(({ type, sizes }, index) => {
          const slices = sizes.map((bytes, nth) => slice(type, bytes, nth === 0));
          const nalUnits = type === TRAIL ? slices : [vps, sps, pps, ...slices];
          stream.picture(nalUnits, index * 6000, maxBytes);
          return nalUnits;
        });
        expect(stream.units.map((unit) => unit.nalUnits)).toEqual(sent);
        expect(stream.units.map((unit) => unit.isKeyFrame)).toEqual(pictures.map(({ type }) => type !== TRAIL));
        expect(stream.units.every((unit) => !unit.isDamaged && unit.codec === 'H265')).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('get the described parameter sets in front of a key frame, without delimiters and other layers', () => {
    const stream = new Stream([vps, sps, pps]);
    const otherLayer = slice(IDR);
    otherLayer[1] = (1 << 3) | 1;
    for (const nalUnit of [delimiter, prefixSei, slice(CRA), otherLayer])
      stream.send(nalUnit, 1, nalUnit === otherLayer);
    expect(stream.units.map((unit) => unit.nalUnits)).toEqual([[vps, sps, pps, prefixSei, slice(CRA)]]);
  });

  it('tell their size by the parameter sets that come with them', () => {
    const stream = new Stream();
    stream.picture([vps, sps, pps, slice(IDR)], 2);
    expect(stream.assembler.track).toMatchObject({ widthPx: 320, heightPx: 240 });
  });

  it('are damaged when a fragment is lost, and the lost NAL unit is left out', () => {
    const stream = new Stream();
    const packets = packetizeH265([slice(TRAIL, 90), slice(TRAIL, 390, false)], 100);
    packets.forEach(({ payload, marker }, index) => {
      if (index === 2) stream.lose();
      else stream.send(payload, 1, marker);
    });
    stream.picture([slice(TRAIL)], 2);
    expect(stream.units.map(({ isDamaged, nalUnits }) => [isDamaged, nalUnits.length])).toEqual([
      [true, 1],
      [false, 1],
    ]);
  });

  it.each([
    ['a fragment without a beginning', '6201135a5a'],
    ['a fragment of an aggregate', '6201f05a5a'],
    ['a cut aggregate', '6001000826015a'],
    ['an aggregate in an aggregate', '600100036001a0'],
    ['a packet with extra information', '6401135a5a'],
    ['half a header', '26'],
  ])('take %s for damage', (_what, payload) => {
    const stream = new Stream();
    stream.send(slice(TRAIL), 1, false);
    stream.send(hex(payload), 1, true);
    stream.picture([slice(TRAIL)], 2);
    expect(stream.units.map(({ isDamaged }) => isDamaged)).toEqual([true, false]);
  });

  it('are found in a byte stream', () => {
    const stream = toAnnexB([
      ...[delimiter, vps, sps, pps, slice(IDR), slice(IDR, 40, false)],
      ...[prefixSei, slice(TRAIL), slice(TRAIL), delimiter, slice(CRA)],
    ]);
    const pictures = splitH265AccessUnits(stream);
    expect(pictures.map(({ nalUnits, isKeyFrame }) => [nalUnits.length, isKeyFrame])).toEqual([
      [6, true],
      [2, false],
      [1, false],
      [2, true],
    ]);
  });
});
