import { describe, expect, it } from 'vitest';
import { packChunk, unpackChunk } from './loop-chunk.ts';

const UNITS = [
  { nalUnits: [Buffer.from([0x67, 1, 2]), Buffer.from([0x68]), Buffer.alloc(5000, 0x65)], isKeyFrame: true },
  { nalUnits: [Buffer.from([0x41, 9])], isKeyFrame: false },
];

describe('a chunk of a loop', () => {
  it('comes back as it was packed', () => {
    expect(unpackChunk(packChunk(UNITS), 2)).toEqual(UNITS);
  });

  it('is refused when it is cut short anywhere', () => {
    const file = packChunk(UNITS);
    for (const length of [0, 7, 12, 40, file.length - 33, file.length - 1]) {
      expect(unpackChunk(file.subarray(0, length), 2)).toBeNull();
    }
  });

  it('is refused when a bit flipped or when it holds another number of pictures', () => {
    const file = packChunk(UNITS);
    expect(unpackChunk(file, 3)).toBeNull();
    file[300] = (file[300] ?? 0) ^ 4;
    expect(unpackChunk(file, 2)).toBeNull();
  });
});
