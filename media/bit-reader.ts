/** Thrown when a reader runs past its end; caught by the parser that made the reader. */
export class OutOfBits extends Error {}

/** One for all: broken sets come by the thousand from a hostile camera, and a stack trace for each takes half a second. */
const OUT_OF_BITS = new OutOfBits();

/** Reads the bits of a NAL unit's payload (ITU-T H.264 and H.265 clause 7.2), without emulation prevention bytes. */
export class BitReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw OUT_OF_BITS;
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at += 1;
    return bit;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** u(n), n <= 32. */
  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1) value = value * 2 + this.bit();
    return value;
  }

  /** ue(v), clause 9.1. */
  unsignedGolomb(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > 32) throw OUT_OF_BITS;
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v), clause 9.1.1. */
  signedGolomb(): number {
    const code = this.unsignedGolomb();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** Reads what may be broken: null when it ends too early. */
export function readBits<T>(raw: Buffer, read: (reader: BitReader) => T): T | null {
  try {
    return read(new BitReader(raw));
  } catch (error) {
    if (error instanceof OutOfBits) return null;
    throw error;
  }
}

/** RBSP of a NAL unit without its header: every 00 00 03 loses its 03 (clause 7.4.1 of both). */
export function rawPayload(nalUnit: Buffer, headerBytes: number): Buffer {
  const raw = Buffer.allocUnsafe(Math.max(0, nalUnit.length - headerBytes));
  let length = 0;
  let zeros = 0;
  for (const byte of nalUnit.subarray(headerBytes)) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    raw[length] = byte;
    length += 1;
  }
  return raw.subarray(0, length);
}
