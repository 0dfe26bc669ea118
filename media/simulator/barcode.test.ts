import { expect, it } from 'vitest';
import { drawBarcode, readBarcode } from './barcode.ts';

it('reads the time it drew, modulo 2^32, and refuses a smudged one', () => {
  const widthPx = 700;
  const luma = new Uint8Array(widthPx * 16);
  for (const ms of [0, 1, 1_763_779_200_123, 2 ** 32 - 1]) {
    drawBarcode(luma, widthPx, ms);
    expect(readBarcode(luma, widthPx)).toBe(ms % 2 ** 32);
  }
  luma.fill(16, widthPx * 8 + 31 * 16, widthPx * 8 + 32 * 16);
  expect(readBarcode(luma, widthPx)).toBeNull();
});
