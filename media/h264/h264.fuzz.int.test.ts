import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessUnit } from '../packet.ts';
import { AccessUnitAssembler } from './access-unit.ts';
import { splitAccessUnits } from './annexb.ts';
import { parseSps } from './sps.ts';

const RUNS = { numRuns: 20_000 };
const sps = Buffer.from('67640028acd940780227e5c044000003000400000300f03c60c658', 'hex');
const pps = Buffer.from('68ebe3cb20', 'hex');

const anyBytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));

/** Bytes that begin like the NAL units and packet kinds of H.264, so that fuzzing gets past the first look. */
const likelyPayload = fc
  .tuple(
    fc.constantFrom(0x18, 0x1c, 0x1d, 0x19, 0x65, 0x67, 0x68, 0x41, 0x7c, 0x5c),
    fc.constantFrom(0x81, 0x85, 0x41, 0x45, 0x01, 0x05, 0xc5, 0x07, 0x88, 0),
    anyBytes(30),
  )
  .map(([first, second, rest]) => Buffer.concat([Buffer.from([first, second]), rest]));

const packet = fc.record({
  payload: fc.oneof(anyBytes(60), likelyPayload),
  timestamp: fc.nat(3),
  marker: fc.boolean(),
  step: fc.constantFrom(1, 1, 1, 1, 2, 40_000),
});

describe('AccessUnitAssembler', () => {
  it('never throws and never makes a broken unit of any packets at all', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 12 }), fc.boolean(), (packets, isDescribed) => {
        for (const unit of assemble(packets, isDescribed)) {
          expect(unit.nalUnits.length).toBeGreaterThan(0);
          expect(unit.nalUnits.every((nalUnit) => nalUnit.length > 0)).toBe(true);
          const types = unit.nalUnits.map((nalUnit) => (nalUnit[0] ?? 0) & 0x1f);
          if (!unit.isKeyFrame) continue;
          expect(types[0]).toBe(7);
          expect(types.indexOf(8)).toBeGreaterThan(0);
          expect(types.indexOf(8)).toBeLessThan(types.indexOf(5));
        }
      }),
      RUNS,
    );
  });
});

function assemble(
  packets: readonly { payload: Buffer; timestamp: number; marker: boolean; step: number }[],
  isDescribed: boolean,
): AccessUnit[] {
  const units: AccessUnit[] = [];
  const sets = isDescribed ? { sps, pps } : { sps: null, pps: null };
  const assembler = new AccessUnitAssembler({
    track: { codec: 'H264', payloadType: 96, ...sets, widthPx: null, heightPx: null, fps: null, profileLevelId: null },
    ticksOf: (rtpTimestamp) => rtpTimestamp,
    onUnit: (unit) => units.push(unit),
  });
  let sequenceNumber = 0;
  for (const { payload, timestamp, marker, step } of packets) {
    sequenceNumber = (sequenceNumber + step) & 0xffff;
    assembler.push({ payloadType: 96, marker, sequenceNumber, timestamp, ssrc: 1, payload }, 0);
  }
  return units;
}

describe('parseSps', () => {
  it('gives null or a believable picture for any mutation of a real set', () => {
    const mutations = fc.array(fc.record({ at: fc.nat(30), byte: fc.nat(255) }), { maxLength: 6 });
    fc.assert(
      fc.property(mutations, fc.nat(40), (changes, cutTo) => {
        const bytes = Buffer.from(sps);
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
        const shape = parseSps(bytes.subarray(0, Math.max(cutTo, 4)));
        if (shape === null) return;
        expect(shape.widthPx > 0 && shape.widthPx <= 16_384).toBe(true);
        expect(shape.heightPx > 0 && shape.heightPx <= 16_384).toBe(true);
        expect(shape.fps === null || (shape.fps > 0 && shape.fps <= 240)).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('splitAccessUnits', () => {
  it('makes pictures of non-empty NAL units from any bytes', () => {
    const piece = fc.oneof(
      fc.constantFrom(Buffer.from([0, 0, 1]), Buffer.from([0, 0, 0, 1]), Buffer.alloc(3)),
      anyBytes(6),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        for (const picture of splitAccessUnits(Buffer.concat(pieces))) {
          expect(picture.nalUnits.length).toBeGreaterThan(0);
          expect(picture.nalUnits.every((nalUnit) => nalUnit.length > 0)).toBe(true);
        }
      }),
      RUNS,
    );
  });
});
