import type { ScoredBox } from '../nms.ts';
import { gridCells, offGrid, onlyOutput } from './grid.ts';
import type { Cell } from './grid.ts';
import { describeTensor, mayBe } from './model.ts';
import type { ModelFormat } from './model.ts';

/** x, y, w, h, objectness; then one score a class. */
const BOX_VALUES = 5;

/**
 * YOLOX as its own exporter writes it without `--decode_in_inference` (Ge et al. 2021, section 2.1):
 * `[1, cells, 5 + classes]`, grids of stride 8, 16, 32 one after the other, row by row. Centre = (xy + cell) * stride,
 * size = exp(wh) * stride, score = objectness * class, both already through the sigmoid.
 */
export const yolox: ModelFormat = {
  format: 'yolox',
  preparation: { colour: 'bgr', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  fit: 'letterbox',
  match(input, outputs) {
    const fault = offGrid(input, 32);
    if (fault !== null) return fault;
    const cells = gridCells(input.widthPx, input.heightPx);
    const expected = `float32 [1, ${String(cells.length)}, 5 + classes]`;
    const output = onlyOutput(outputs, expected);
    if (typeof output === 'string') return output;
    const [batch, rows, values] = output.shape;
    const fits = output.shape.length === 3 && mayBe(batch, 1) && rows === cells.length && typeof values === 'number';
    if (output.type !== 'float32' || !fits || values <= BOX_VALUES)
      return `output "${output.name}" should be ${expected} and is ${describeTensor(output)}`;
    return {
      outputs: [output],
      classCount: values - BOX_VALUES,
      decode: ([answer], personClass, minScore) =>
        answer === undefined ? [] : decodeYolox(answer.data, cells, values, personClass, minScore),
    };
  },
};

function decodeYolox(
  data: Float32Array,
  cells: readonly Cell[],
  values: number,
  personClass: number,
  minScore: number,
): ScoredBox[] {
  const boxes: ScoredBox[] = [];
  for (let row = 0, at = 0; row < cells.length; row += 1, at += values) {
    const score = (data[at + 4] as number) * (data[at + BOX_VALUES + personClass] as number);
    if (!(score >= minScore)) continue;
    const { x, y, stride } = cells[row] as Cell;
    const centreX = ((data[at] as number) + x) * stride;
    const centreY = ((data[at + 1] as number) + y) * stride;
    const halfWidth = (Math.exp(data[at + 2] as number) * stride) / 2;
    const halfHeight = (Math.exp(data[at + 3] as number) * stride) / 2;
    boxes.push({
      x1: centreX - halfWidth,
      y1: centreY - halfHeight,
      x2: centreX + halfWidth,
      y2: centreY + halfHeight,
      score,
    });
  }
  return boxes;
}
