import type { ScoredBox } from '../nms.ts';
import { describeTensors, mayBe } from './model.ts';
import type { Answer, FormatMatch, ModelFormat, ModelInput, Preparation, TensorInfo } from './model.ts';
import type { Manifest } from './manifest.ts';

/** COCO's label map, which TensorFlow's detection models use, begins at 1 with `person`. */
const TENSORFLOW_FIRST_CLASS = 1;

const BYTES_RGB: Preparation = { colour: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };

type Role = 'boxes' | 'scores' | 'classes';
/** Names of TensorFlow's object detection API. `num_detections` is not needed: what lies beyond it has score 0. */
const TENSORFLOW_NAMES: Readonly<Record<Role, string>> = {
  boxes: 'detection_boxes',
  scores: 'detection_scores',
  classes: 'detection_classes',
};

/**
 * Detectors that decode their boxes themselves, in two forms. TensorFlow's four outputs (SSD-MobileNet):
 * `detection_boxes [1, n, 4]` y1 x1 y2 x2, `detection_scores [1, n]`, `detection_classes [1, n]`, after suppression, fed
 * RGB bytes as they are. Two outputs (Intel's person-detection-retail-0013 and others): boxes `[n, 4]` x1 y1 x2 y2 and
 * scores `[n]` or `[n, classes]`, before suppression, fed BGR 0..255. Boxes are fractions of the input unless the
 * manifest says pixels.
 */
export const ssd: ModelFormat = {
  format: 'ssd',
  preparation: { colour: 'bgr', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  fit: 'stretch',
  maxIou: 0.45,
  match(input, outputs, manifest) {
    const named = namedOutputs(outputs, manifest);
    if (named !== null) return matchFour(input, named, manifest);
    return (
      matchTwo(input, outputs, manifest) ??
      'outputs should be float32 boxes [n, 4] and scores [n], or detection_boxes [1, n, 4], detection_scores [1, n] and ' +
        `detection_classes [1, n], and are ${describeTensors(outputs)}`
    );
  },
};

function namedOutputs(outputs: readonly TensorInfo[], manifest: Manifest): Record<Role, TensorInfo> | null {
  const find = (role: Role): TensorInfo | undefined =>
    outputs.find(({ name }) => name.replace(/:\d+$/, '') === (manifest.outputs?.[role] ?? TENSORFLOW_NAMES[role]));
  const [boxes, scores, classes] = [find('boxes'), find('scores'), find('classes')];
  return boxes === undefined || scores === undefined || classes === undefined ? null : { boxes, scores, classes };
}

function matchFour(
  input: ModelInput,
  { boxes, scores, classes }: Record<Role, TensorInfo>,
  manifest: Manifest,
): FormatMatch | string {
  const isList = ({ type, shape }: TensorInfo): boolean =>
    type === 'float32' && (shape.length === 0 || (shape.length === 2 && mayBe(shape[0], 1)));
  const hasBoxes = boxes.shape.length === 0 || (boxes.shape.length === 3 && mayBe(boxes.shape[2], 4));
  if (boxes.type !== 'float32' || !hasBoxes)
    return `output of boxes should be float32 [1, n, 4] and is ${describeTensors([boxes])}`;
  for (const [role, tensor] of Object.entries({ scores, classes }))
    if (!isList(tensor)) return `output of ${role} should be float32 [1, n] and is ${describeTensors([tensor])}`;
  const corners = cornersOf(input, manifest, 'yxyx');
  return {
    outputs: [boxes, scores, classes],
    classCount: null,
    firstClass: TENSORFLOW_FIRST_CLASS,
    usualPerson: TENSORFLOW_FIRST_CLASS,
    preparation: BYTES_RGB,
    decode: ([boxAnswer, scoreAnswer, classAnswer], personClass, minScore) =>
      decodeBoxes(boxAnswer, minScore, corners, (row) =>
        Math.round(classAnswer?.data[row] ?? NaN) === personClass ? (scoreAnswer?.data[row] ?? NaN) : 0,
      ),
  };
}

function matchTwo(input: ModelInput, outputs: readonly TensorInfo[], manifest: Manifest): FormatMatch | null {
  const [boxes, scores, ...others] = outputs.toSorted((a, b) => Number(isBoxes(b)) - Number(isBoxes(a)));
  if (boxes === undefined || scores === undefined || others.length > 0 || !isBoxes(boxes)) return null;
  const count = boxes.shape.at(-2) as number;
  const listed = scores.shape[0] === 1 && scores.shape.length > 1 ? scores.shape.slice(1) : scores.shape;
  const [rows, classCount = 1, ...more] = listed;
  if (scores.type !== 'float32' || rows !== count || typeof classCount !== 'number' || more.length > 0) return null;
  const corners = cornersOf(input, manifest, 'xyxy');
  return {
    outputs: [boxes, scores],
    classCount,
    decode: ([boxAnswer, scoreAnswer], personClass, minScore) =>
      decodeBoxes(boxAnswer, minScore, corners, (row) => scoreAnswer?.data[row * classCount + personClass] ?? NaN),
  };
}

function isBoxes({ type, shape }: TensorInfo): boolean {
  const listed = shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape;
  return type === 'float32' && listed.length === 2 && typeof listed[0] === 'number' && listed[0] > 4 && listed[1] === 4;
}

type Corners = (data: Float32Array, at: number) => Omit<ScoredBox, 'score'>;

function cornersOf({ widthPx, heightPx }: ModelInput, manifest: Manifest, usualOrder: 'xyxy' | 'yxyx'): Corners {
  const isPixels = manifest.boxUnit === 'pixel';
  const [scaleX, scaleY] = isPixels ? [1, 1] : [widthPx, heightPx];
  const [x, y] = (manifest.boxOrder ?? usualOrder) === 'xyxy' ? [0, 1] : [1, 0];
  return (data, at) => ({
    x1: (data[at + x] as number) * scaleX,
    y1: (data[at + y] as number) * scaleY,
    x2: (data[at + x + 2] as number) * scaleX,
    y2: (data[at + y + 2] as number) * scaleY,
  });
}

function decodeBoxes(
  boxes: Answer | undefined,
  minScore: number,
  corners: Corners,
  scoreOf: (row: number) => number,
): ScoredBox[] {
  const found: ScoredBox[] = [];
  if (boxes === undefined) return found;
  for (let row = 0; row < Math.floor(boxes.data.length / 4); row += 1) {
    const score = scoreOf(row);
    if (score >= minScore) found.push({ ...corners(boxes.data, row * 4), score });
  }
  return found;
}
