import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ScoredBox } from '../nms.ts';
import type { ModelFormat } from './model.ts';
import { yolov8 } from './yolov8.ts';
import { gridCells, yolox } from './yolox.ts';

const SIZE = { widthPx: 384, heightPx: 224 };
const CELLS = gridCells(SIZE.widthPx, SIZE.heightPx);
const CLASSES = 3;

/** Writes a box where the format keeps it; the class is `classIndex`. */
type Encode = (data: Float32Array, cell: number, box: ScoredBox, classIndex: number) => void;

const encodeYolox: Encode = (data, cell, box, classIndex) => {
  const { x, y, stride } = CELLS[cell] as (typeof CELLS)[number];
  const values = [
    (box.x1 + box.x2) / 2 / stride - x,
    (box.y1 + box.y2) / 2 / stride - y,
    Math.log((box.x2 - box.x1) / stride),
    Math.log((box.y2 - box.y1) / stride),
    1,
  ];
  data.set(values, cell * (5 + CLASSES));
  data[cell * (5 + CLASSES) + 5 + classIndex] = box.score;
};

const encodeYolov8: Encode = (data, cell, box, classIndex) => {
  const values = [(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2, box.x2 - box.x1, box.y2 - box.y1];
  values.forEach((value, i) => (data[i * CELLS.length + cell] = value));
  data[(4 + classIndex) * CELLS.length + cell] = box.score;
};

const cases: readonly [ModelFormat, readonly number[], Encode][] = [
  [yolox, [1, CELLS.length, 5 + CLASSES], encodeYolox],
  [yolov8, [1, 4 + CLASSES, CELLS.length], encodeYolov8],
];

function matched(format: ModelFormat, shape: readonly number[], personClass = 0) {
  const match = format.match(SIZE, { name: 'output', type: 'float32', shape }, personClass);
  if (typeof match === 'string') throw new Error(match);
  return match;
}

const box = fc
  .record({
    x1: fc.integer({ min: -10, max: 380 }),
    y1: fc.integer({ min: -10, max: 220 }),
    width: fc.integer({ min: 2, max: 200 }),
    height: fc.integer({ min: 2, max: 200 }),
    score: fc.integer({ min: 20, max: 100 }),
  })
  .map(({ x1, y1, width, height, score }): ScoredBox => ({
    x1,
    y1,
    x2: x1 + width,
    y2: y1 + height,
    score: score / 100,
  }));

test('cells go row by row, the finest grid first', () => {
  expect(CELLS).toHaveLength(48 * 28 + 24 * 14 + 12 * 7);
  expect(CELLS.slice(47, 49)).toEqual([
    { x: 47, y: 0, stride: 8 },
    { x: 0, y: 1, stride: 8 },
  ]);
  expect(CELLS[48 * 28]).toEqual({ x: 0, y: 0, stride: 16 });
  expect(CELLS.at(-1)).toEqual({ x: 11, y: 6, stride: 32 });
});

test.each(cases)('$format: a box written in any cell is read back', (format, shape, encode) => {
  const { decode, outputLength } = matched(format, shape);
  expect(outputLength).toBe(shape.reduce((product, side) => product * side, 1));
  fc.assert(
    fc.property(fc.nat(CELLS.length - 1), box, (cell, wanted) => {
      const data = new Float32Array(outputLength);
      encode(data, cell, wanted, 0);
      const [found, second] = decode(data, 0.1);
      expect(second).toBeUndefined();
      for (const key of ['x1', 'y1', 'x2', 'y2', 'score'] as const) expect(found?.[key]).toBeCloseTo(wanted[key], 2);
    }),
  );
});

test.each(cases)('$format: weak boxes and other classes are left out', (format, shape, encode) => {
  const { decode, outputLength } = matched(format, shape);
  const data = new Float32Array(outputLength);
  encode(data, 3, { x1: 0, y1: 0, x2: 50, y2: 50, score: 0.09 }, 0);
  encode(data, 5, { x1: 0, y1: 0, x2: 50, y2: 50, score: 0.9 }, 1);
  expect(decode(data, 0.1)).toEqual([]);
});

test.each(cases)('$format: the class that is a person can be another', (format, shape, encode) => {
  const { decode, outputLength } = matched(format, shape, 2);
  const data = new Float32Array(outputLength);
  encode(data, 7, { x1: 0, y1: 0, x2: 50, y2: 50, score: 0.9 }, 2);
  expect(decode(data, 0.1)).toHaveLength(1);
});

test.each(cases)('$format: values that are no numbers give no boxes', (format, shape) => {
  const { decode, outputLength } = matched(format, shape);
  expect(decode(new Float32Array(outputLength).fill(NaN), 0.1)).toEqual([]);
});
