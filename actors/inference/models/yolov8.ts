import type { ScoredBox } from '../nms.ts';
import { describeTensor } from './model.ts';
import type { ModelFormat } from './model.ts';
import { gridCells } from './yolox.ts';

/** Centre x, centre y, width, height; then one score a class. */
const BOX_VALUES = 4;

/**
 * YOLOv8 and its successors with the same head: `[1, 4 + classes, cells]`, value-major, boxes in pixels of the input,
 * class scores already through the sigmoid, no objectness.
 */
export const yolov8: ModelFormat = {
  format: 'yolov8',
  preparation: { colour: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  match({ widthPx, heightPx }, output, personClass) {
    const cells = gridCells(widthPx, heightPx).length;
    const [batch, values, columns] = output.shape;
    const fits = output.shape.length === 3 && batch !== 0 && columns === cells && typeof values === 'number';
    if (output.type !== 'float32' || !fits || values <= BOX_VALUES + personClass) {
      const expected = `float32 [1, 4 + classes, ${String(cells)}]`;
      return `output "${output.name}" should be ${expected} and is ${describeTensor(output)}`;
    }
    return {
      outputLength: cells * values,
      decode: (data, minScore) => decodeYolov8(data, cells, personClass, minScore),
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
