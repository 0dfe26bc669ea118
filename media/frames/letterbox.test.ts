import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boxToPicture, letterboxFor } from './letterbox.ts';

const size = fc.integer({ min: 16, max: 4096 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const shape = fc.record({
  widthPx: size,
  heightPx: size,
  fit: fc.constantFrom('letterbox' as const, 'stretch' as const),
});

test('a wide picture fills the width of a square input and leaves the rest below it', () => {
  expect(letterboxFor({ widthPx: 416, heightPx: 416, fit: 'letterbox' }, 1280, 720)).toEqual({
    scaledWidthPx: 416,
    scaledHeightPx: 234,
    offsetXPx: 0,
    offsetYPx: 0,
  });
});

test('a tall picture fills the height and leaves the rest to its right', () => {
  const letterbox = letterboxFor({ widthPx: 384, heightPx: 224, fit: 'letterbox' }, 480, 640);
  expect(letterbox).toMatchObject({ scaledWidthPx: 168, scaledHeightPx: 224 });
});

test('a stretched picture fills the whole input', () => {
  const letterbox = letterboxFor({ widthPx: 544, heightPx: 320, fit: 'stretch' }, 1000, 1000);
  expect(letterbox).toMatchObject({ scaledWidthPx: 544, scaledHeightPx: 320 });
});

test('a letterboxed picture fits, keeps its aspect within a pixel and touches one far edge', () => {
  fc.assert(
    fc.property(size, size, size, size, (widthPx, heightPx, pictureWidthPx, pictureHeightPx) => {
      const { scaledWidthPx, scaledHeightPx } = letterboxFor(
        { widthPx, heightPx, fit: 'letterbox' },
        pictureWidthPx,
        pictureHeightPx,
      );
      expect(scaledWidthPx).toBeLessThanOrEqual(widthPx);
      expect(scaledHeightPx).toBeLessThanOrEqual(heightPx);
      expect(scaledWidthPx === widthPx || scaledHeightPx === heightPx).toBe(true);
      const scale = Math.min(widthPx / pictureWidthPx, heightPx / pictureHeightPx);
      expect(Math.abs(scaledWidthPx - pictureWidthPx * scale)).toBeLessThanOrEqual(1);
      expect(Math.abs(scaledHeightPx - pictureHeightPx * scale)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a box put into the model and taken back is the same box', () => {
  fc.assert(
    fc.property(shape, size, size, fc.tuple(fraction, fraction, fraction, fraction), (to, width, height, corners) => {
      const letterbox = letterboxFor(to, width, height);
      const [x1, y1, x2, y2] = corners;
      const back = boxToPicture(
        letterbox,
        x1 * letterbox.scaledWidthPx + letterbox.offsetXPx,
        y1 * letterbox.scaledHeightPx + letterbox.offsetYPx,
        x2 * letterbox.scaledWidthPx + letterbox.offsetXPx,
        y2 * letterbox.scaledHeightPx + letterbox.offsetYPx,
      );
      expect(back.x1).toBeCloseTo(x1, 9);
      expect(back.y1).toBeCloseTo(y1, 9);
      expect(back.x2).toBeCloseTo(x2, 9);
      expect(back.y2).toBeCloseTo(y2, 9);
    }),
  );
});

test('a box that reaches into the letterbox ends at the edge of the picture', () => {
  const letterbox = letterboxFor({ widthPx: 416, heightPx: 416, fit: 'letterbox' }, 1280, 720);
  expect(boxToPicture(letterbox, -4, 100, 104, 260)).toEqual({ x1: 0, y1: 100 / 234, x2: 0.25, y2: 1 });
});
