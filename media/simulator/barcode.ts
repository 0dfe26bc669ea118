/** A clock in the picture: 40 cells of 16 x 16 px along its top edge, white = 1; 32 bits of epoch ms, then their checksum. */
export const BARCODE = { cellPx: 16, cells: 40, bits: 32 } as const;
export const BARCODE_MIN_WIDTH_PX = BARCODE.cellPx * BARCODE.cells;

const WHITE = 235;
const BLACK = 16;
const THRESHOLD = 125;

/** Draws `epochMs` modulo 2^32 into a luma plane that is `widthPx` wide. */
export function drawBarcode(luma: Uint8Array, widthPx: number, epochMs: number): void {
  const value = Math.floor(epochMs) % 2 ** 32;
  const check = checksum(value);
  for (let cell = 0; cell < BARCODE.cells; cell++) {
    const isSet =
      cell < BARCODE.bits ? (value >>> (BARCODE.bits - 1 - cell)) & 1 : (check >>> (BARCODE.cells - 1 - cell)) & 1;
    const left = cell * BARCODE.cellPx;
    for (let row = 0; row < BARCODE.cellPx; row++) {
      luma.fill(isSet === 1 ? WHITE : BLACK, row * widthPx + left, row * widthPx + left + BARCODE.cellPx);
    }
  }
}

/** Epoch ms modulo 2^32, or null when the checksum is wrong. */
export function readBarcode(luma: Uint8Array, widthPx: number): number | null {
  const row = (BARCODE.cellPx / 2) * widthPx;
  const bit = (cell: number): number =>
    (luma[row + cell * BARCODE.cellPx + BARCODE.cellPx / 2] ?? 0) > THRESHOLD ? 1 : 0;
  let value = 0;
  let check = 0;
  for (let cell = 0; cell < BARCODE.bits; cell++) value = value * 2 + bit(cell);
  for (let cell = BARCODE.bits; cell < BARCODE.cells; cell++) check = check * 2 + bit(cell);
  return checksum(value) === check ? value : null;
}

function checksum(value: number): number {
  return (value ^ (value >>> 8) ^ (value >>> 16) ^ (value >>> 24)) & 0xff;
}
