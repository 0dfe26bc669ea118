import type { ScoredBox } from '../nms.ts';
import { gridCells, offGrid, STRIDES } from './grid.ts';
import type { Cell } from './grid.ts';
import { describeTensors, mayBe } from './model.ts';
import type { FormatMatch, ModelFormat, ModelInput, TensorInfo } from './model.ts';

const SIDES = 4;
/** NanoDet-Plus writes its four grids into one output, always with reg_max 7. */
const PLUS_STRIDES = [8, 16, 32, 64] as const;
const PLUS_BINS = 8;

/**
 * NanoDet: for each cell one score a class, already through the sigmoid, and for each side of the box a distribution over
 * `bins` distances (Li et al. 2020, Generalized Focal Loss, section 3.2): the side lies the expected value * stride away
 * from the cell's centre. Two forms: an output for the classes and one for the boxes of each stride of 8, 16, 32, where
 * the cell's centre is that of its pixels; or, as NanoDet-Plus, one output with both for strides 8 to 64, where it is the
 * cell's corner.
 */
export const nanodet: ModelFormat = {
  format: 'nanodet',
  preparation: { colour: 'bgr', scale: 1, mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395] },
  fit: 'letterbox',
  match(input, outputs) {
    const match = outputs.length === 1 ? matchPlus(input, outputs) : matchApart(input, outputs);
    if (match !== null) return match;
    const fault = offGrid(input, 32);
    if (fault !== null) return fault;
    const rows = STRIDES.map((stride) => String(gridCells(input.widthPx, input.heightPx, [stride]).length));
    const apart = rows.map((count) => `float32 [1, ${count}, classes] and [1, ${count}, 4 * bins]`).join(', ');
    const all = String(gridCells(input.widthPx, input.heightPx, PLUS_STRIDES).length);
    const expected = `${apart}, or one float32 [1, ${all}, classes + 32]`;
    return `outputs should be ${expected} and are ${describeTensors(outputs)}`;
  },
};

function matchPlus({ widthPx, heightPx }: ModelInput, [output]: readonly TensorInfo[]): FormatMatch | null {
  const cells = gridCells(widthPx, heightPx, PLUS_STRIDES);
  const values = output === undefined ? null : valuesPerRow(output, cells.length);
  const classCount = (values ?? 0) - SIDES * PLUS_BINS;
  if (output === undefined || values === null || classCount < 1) return null;
  return {
    outputs: [output],
    classCount,
    decode: ([answer], personClass, minScore) => {
      const boxes: ScoredBox[] = [];
      if (answer === undefined) return boxes;
      for (let row = 0, at = 0; row < cells.length; row += 1, at += values) {
        const score = answer.data[at + personClass] as number;
        if (!(score >= minScore)) continue;
        const { x, y, stride } = cells[row] as Cell;
        const centre = { x: x * stride, y: y * stride, stride };
        boxes.push(boxAround(centre, answer.data, at + classCount, PLUS_BINS, score));
      }
      return boxes;
    },
  };
}

function matchApart({ widthPx, heightPx }: ModelInput, outputs: readonly TensorInfo[]): FormatMatch | null {
  if (outputs.length !== 2 * STRIDES.length || widthPx % 32 !== 0 || heightPx % 32 !== 0) return null;
  const grids = STRIDES.map((stride) => {
    const cells = gridCells(widthPx, heightPx, [stride]);
    // NanoDet's own order: of each stride the classes come before the boxes.
    const [classes, boxes, ...others] = outputs.filter((output) => valuesPerRow(output, cells.length) !== null);
    return classes === undefined || boxes === undefined || others.length > 0 ? null : { cells, classes, boxes };
  });
  if (grids.some((grid) => grid === null)) return null;
  const whole = grids.filter((grid) => grid !== null);
  const [classCount, ...otherCounts] = whole.map(({ classes }) => classes.shape[2] as number);
  const [values, ...otherValues] = whole.map(({ boxes }) => boxes.shape[2] as number);
  if (classCount === undefined || values === undefined || values % SIDES !== 0 || values < 2 * SIDES) return null;
  if (otherCounts.some((count) => count !== classCount) || otherValues.some((count) => count !== values)) return null;
  return {
    outputs: whole.flatMap(({ classes, boxes }) => [classes, boxes]),
    classCount,
    decode: (answers, personClass, minScore) =>
      whole.flatMap(({ cells }, grid) => {
        const scores = answers[2 * grid]?.data ?? new Float32Array();
        const distances = answers[2 * grid + 1]?.data ?? new Float32Array();
        const boxes: ScoredBox[] = [];
        for (let row = 0; row < cells.length; row += 1) {
          const score = scores[row * classCount + personClass] as number;
          if (!(score >= minScore)) continue;
          const { x, y, stride } = cells[row] as Cell;
          const centre = { x: x * stride + (stride - 1) / 2, y: y * stride + (stride - 1) / 2, stride };
          boxes.push(boxAround(centre, distances, row * values, values / SIDES, score));
        }
        return boxes;
      }),
  };
}

/** Values in each row of a float32 `[1, rows, values]`; null when it is none. */
function valuesPerRow({ type, shape }: TensorInfo, rows: number): number | null {
  const [batch, found, values] = shape;
  const isTable = type === 'float32' && shape.length === 3 && mayBe(batch, 1) && found === rows;
  return isTable && typeof values === 'number' && values > 0 ? values : null;
}

/** Sides in the order left, top, right, bottom. */
function boxAround(centre: Cell, data: Float32Array, at: number, bins: number, score: number): ScoredBox {
  const distance = (side: number): number => centre.stride * expectedBin(data, at + side * bins, bins);
  return {
    x1: centre.x - distance(0),
    y1: centre.y - distance(1),
    x2: centre.x + distance(2),
    y2: centre.y + distance(3),
    score,
  };
}

/** The mean of 0, 1 .. bins - 1 under the softmax of the values. */
function expectedBin(data: Float32Array, at: number, bins: number): number {
  let highest = -Infinity;
  for (let bin = 0; bin < bins; bin += 1) highest = Math.max(highest, data[at + bin] as number);
  let [sum, weighted] = [0, 0];
  for (let bin = 0; bin < bins; bin += 1) {
    const weight = Math.exp((data[at + bin] as number) - highest);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}
