import { expect, test } from 'vitest';
import { blockMeans } from './luma-grid.ts';

test('each block is the mean of its own pixels, whatever lies beyond the rows', () => {
  const rowBytes = 40;
  const plane = new Uint8Array(rowBytes * 16).fill(255);
  for (let y = 0; y < 16; y += 1) {
    for (let x = 0; x < 32; x += 1) plane[y * rowBytes + x] = 10 * (Math.floor(x / 8) + 4 * Math.floor(y / 8));
  }
  const means = blockMeans({ plane, rowBytes, widthPx: 32, heightPx: 16 }, 4, 2);
  expect([...means]).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
});

test('a grid finer than the picture repeats pixels', () => {
  const means = blockMeans({ plane: Uint8Array.of(1, 9), rowBytes: 2, widthPx: 2, heightPx: 1 }, 4, 2);
  expect([...means]).toEqual([1, 1, 9, 9, 1, 1, 9, 9]);
});
