/** The greatest NAL unit, and the greatest picture, that is put together. */
export const MAX_PICTURE_BYTES = 4 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 64 * 1024;

/** Fragments are copied into one growing buffer, so that a flood of one-byte fragments costs their bytes and no more. */
export class FragmentBuffer {
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  #length = 0;

  get isOpen(): boolean {
    return this.#length > 0;
  }

  /** A NAL unit begins, with its own header. */
  begin(header: readonly number[]): void {
    this.#buffer.set(header, 0);
    this.#length = header.length;
  }

  /** False when the NAL unit would grow beyond the limit. */
  append(piece: Buffer): boolean {
    const length = this.#length + piece.length;
    if (length > MAX_PICTURE_BYTES) return false;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(MAX_PICTURE_BYTES, length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#length);
    this.#length = length;
    return true;
  }

  take(): Buffer {
    const nalUnit = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return nalUnit;
  }

  /** True when something was given up. */
  drop(): boolean {
    const wasOpen = this.isOpen;
    this.#length = 0;
    return wasOpen;
  }
}
