import { CELL_PX, EDGE_COLUMNS, EDGE_ROWS, edgeField } from './edge-field.ts';
import { sharpnessOf } from './sharpness.ts';

/** The luma that traits are read from: the whole picture squeezed into this size, 0 black to 255 white. */
export const TRAITS_WIDTH_PX = EDGE_COLUMNS * CELL_PX;
export const TRAITS_HEIGHT_PX = EDGE_ROWS * CELL_PX;
const PIXELS = TRAITS_WIDTH_PX * TRAITS_HEIGHT_PX;

/** From here on nothing is told apart any more. */
const CLIPPED = 250;

/** What a picture looks like, in few numbers: enough to tell that a camera no longer shows what it used to. */
export interface PictureTraits {
  readonly ticks90k: number;
  /** See `edgeField`. */
  readonly edges: Int8Array<ArrayBuffer>;
  /** See `sharpnessOf`. */
  readonly sharpness: number | null;
  /** One pixel in twenty is darker, and one in twenty brighter; 0..255. */
  readonly dark: number;
  readonly bright: number;
  /** Share of the pixels that are as good as white. */
  readonly clippedFrac: number;
  /**
   * Most that a pixel differs from the likest of a few pictures before the last key frame, in grey levels; null: there are
   * none. Until its next key frame an encoder repeats what does not change to the bit, and it repeats what it makes of the
   * same picture: only over key frames, and at the same place after them, a live picture is told from a frozen one.
   */
  readonly change: number | null;
}

/** `earlier`: lumas of pictures before the last key frame. All are 320 x 192 bytes. */
export function traitsOf(luma: Uint8Array, earlier: readonly Uint8Array[], ticks90k: number): PictureTraits {
  const means = cellMeans(luma);
  const levels = new Uint32Array(256);
  for (let i = 0; i < PIXELS; i += 1) {
    const level = luma[i] as number;
    levels[level] = (levels[level] as number) + 1;
  }
  let clipped = 0;
  for (let level = CLIPPED; level < 256; level += 1) clipped += levels[level] as number;
  return {
    ticks90k,
    edges: edgeField(means),
    sharpness: sharpnessOf(luma, means),
    dark: quantile(levels, 0.05),
    bright: quantile(levels, 0.95),
    clippedFrac: clipped / PIXELS,
    change: earlier.length === 0 ? null : leastChange(luma, earlier),
  };
}

function cellMeans(luma: Uint8Array): Float32Array {
  const means = new Float32Array(EDGE_COLUMNS * EDGE_ROWS);
  for (let row = 0, cell = 0; row < EDGE_ROWS; row += 1) {
    for (let column = 0; column < EDGE_COLUMNS; column += 1, cell += 1) {
      let sum = 0;
      for (let y = CELL_PX * row; y < CELL_PX * (row + 1); y += 1) {
        const at = y * TRAITS_WIDTH_PX + CELL_PX * column;
        for (let x = at; x < at + CELL_PX; x += 1) sum += luma[x] as number;
      }
      means[cell] = sum / (CELL_PX * CELL_PX);
    }
  }
  return means;
}

function quantile(levels: Uint32Array, share: number): number {
  let below = 0;
  for (let level = 0; level < 256; level += 1) {
    below += levels[level] as number;
    if (below >= share * PIXELS) return level;
  }
  return 255;
}

/** Of the likest, the greatest change. Most of the unlike ones show in their first rows that they are no better. */
function leastChange(luma: Uint8Array, earlier: readonly Uint8Array[]): number {
  let least = 256;
  for (const before of earlier) {
    let greatest = 0;
    for (let i = 0; i < PIXELS && greatest < least; i += 1) {
      const change = Math.abs((luma[i] as number) - (before[i] as number));
      if (change > greatest) greatest = change;
    }
    least = Math.min(least, greatest);
  }
  return least;
}
