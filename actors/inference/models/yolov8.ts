import type { ScoredBox } from '../nms.ts';
import { gridCells, offGrid, onlyOutput } from './grid.ts';
import { describeTensor, mayBe } from './model.ts';
import type { ModelFormat } from './model.ts';

/** Centre x, centre y, width, height; then one score a class. */
const BOX_VALUES = 4;

/**
 * YOLOv8 and its successors with the same head (v9, v11, v12): `[1, 4 + classes, cells]`, value-major, boxes in pixels of
 * the input, class scores already through the sigmoid, no objectness.
 */
export const yolov8: ModelFormat = {
  format: 'yolov8',
  preparation: { colour: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  fit: 'letterbox',
  match(input, outputs) {
    const fault = offGrid(input, 32);
    if (fault !== null) return fault;
    const cells = gridCells(input.widthPx, input.heightPx).length;
    const expected = `float32 [1, 4 + classes, ${String(cells)}]`;
    const output = onlyOutput(outputs, expected);
    if (typeof output === 'string') return output;
    const [batch, values, columns] = output.shape;
    const fits = output.shape.length === 3 && mayBe(batch, 1) && columns === cells && typeof values === 'number';
    if (output.type !== 'float32' || !fits || values <= BOX_VALUES)
      return `output "${output.name}" should be ${expected} and is ${describeTensor(output)}`;
    return {
      outputs: [output],
      classCount: values - BOX_VALUES,
      decode: ([answer], personClass, minScore) =>
        answer === undefined ? [] : decodeYolov8(answer.data, cells, personClass, minScore),
    };
  },
};

function decodeYolov8(data: Float32Array, cells: number, personClass: number, minScore: number): ScoredBox[] {
  const boxes: ScoredBox[] = [];
  const scores = data.subarray((BOX_VALUES + personClass) * cells, (BOX_VALUES + personClass + 1) * cells);
  for (let cell = 0; cell < cells; cell += 1) {
    const score = scores[cell] as number;
    if (!(score >= minScore)) continue;
    const centreX = data[cell] as number;
    const centreY = data[cells + cell] as number;
    const halfWidth = (data[2 * cells + cell] as number) / 2;
    const halfHeight = (data[3 * cells + cell] as number) / 2;
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
