import type { ScoredBox } from '../nms.ts';
import { describeTensor } from './model.ts';
import type { ModelFormat } from './model.ts';

const STRIDES = [8, 16, 32] as const;
/** x, y, w, h, objectness; then one score a class. */
const BOX_VALUES = 5;

/** One cell of the output grids: its row in the output stands for the box around this place. */
interface Cell {
  readonly x: number;
  readonly y: number;
  readonly stride: number;
}

/**
 * YOLOX as its own exporter writes it without `--decode_in_inference` (Ge et al. 2021, section 2.1):
 * `[1, cells, 5 + classes]`, grids of stride 8, 16, 32 one after the other, row by row. Centre = (xy + cell) * stride,
 * size = exp(wh) * stride, score = objectness * class, both already through the sigmoid.
 */
export const yolox: ModelFormat = {
  format: 'yolox',
  preparation: { colour: 'bgr', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  match({ widthPx, heightPx }, output, personClass) {
    const cells = gridCells(widthPx, heightPx);
    const [batch, rows, values] = output.shape;
    const fits = output.shape.length === 3 && batch !== 0 && rows === cells.length && typeof values === 'number';
    if (output.type !== 'float32' || !fits || values <= BOX_VALUES + personClass) {
      const expected = `float32 [1, ${String(cells.length)}, 5 + classes]`;
      return `output "${output.name}" should be ${expected} and is ${describeTensor(output)}`;
    }
    return {
      outputLength: cells.length * values,
      decode: (data, minScore) => decodeYolox(data, cells, values, personClass, minScore),
    };
  },
};

export function gridCells(widthPx: number, heightPx: number): Cell[] {
  const cells: Cell[] = [];
  for (const stride of STRIDES) {
    const columns = Math.floor(widthPx / stride);
    const rows = Math.floor(heightPx / stride);
    for (let y = 0; y < rows; y += 1) for (let x = 0; x < columns; x += 1) cells.push({ x, y, stride });
  }
  return cells;
}

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
