import type { ScoredBox } from '../nms.ts';
import { gridCells, offGrid, onlyOutput } from './grid.ts';
import { describeTensor, mayBe } from './model.ts';
import type { ModelFormat } from './model.ts';

const ANCHORS_PER_CELL = 3;
/** Centre x, centre y, width, height, objectness; then one score a class. */
const BOX_VALUES = 5;

/**
 * YOLOv5 (and v7) as their exporters write it: `[1, 3 * cells, 5 + classes]`, boxes in pixels of the input, objectness and
 * class scores already through the sigmoid. With `"format": "yolov5"` in the manifest also one row a cell, which is how
 * other makers write decoded boxes (YOLOX with `--decode_in_inference`); a graph cannot tell those from YOLOX's raw ones.
 */
export const yolov5: ModelFormat = {
  format: 'yolov5',
  preparation: { colour: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  fit: 'letterbox',
  match(input, outputs, manifest) {
    const fault = offGrid(input, 32);
    if (fault !== null) return fault;
    const cells = gridCells(input.widthPx, input.heightPx).length;
    const anchored = cells * ANCHORS_PER_CELL;
    const expected = `float32 [1, ${String(anchored)}, 5 + classes]`;
    const output = onlyOutput(outputs, expected);
    if (typeof output === 'string') return output;
    const [batch, rows, values] = output.shape;
    const isRows = rows === anchored || (rows === cells && manifest.format === 'yolov5');
    const fits = output.shape.length === 3 && mayBe(batch, 1) && isRows && typeof values === 'number';
    if (output.type !== 'float32' || !fits || values <= BOX_VALUES)
      return `output "${output.name}" should be ${expected} and is ${describeTensor(output)}`;
    return {
      outputs: [output],
      classCount: values - BOX_VALUES,
      decode: ([answer], personClass, minScore) =>
        answer === undefined ? [] : decodeYolov5(answer.data, rows, values, personClass, minScore),
    };
  },
};

function decodeYolov5(
  data: Float32Array,
  rows: number,
  values: number,
  personClass: number,
  minScore: number,
): ScoredBox[] {
  const boxes: ScoredBox[] = [];
  for (let row = 0, at = 0; row < rows; row += 1, at += values) {
    const score = (data[at + 4] as number) * (data[at + BOX_VALUES + personClass] as number);
    if (!(score >= minScore)) continue;
    const centreX = data[at] as number;
    const centreY = data[at + 1] as number;
    const halfWidth = (data[at + 2] as number) / 2;
    const halfHeight = (data[at + 3] as number) / 2;
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
