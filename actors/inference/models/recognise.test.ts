import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { manifestSchema } from './manifest.ts';
import type { ModelGraph, ModelSpec, TensorInfo } from './model.ts';
import { recognise } from './recognise.ts';

type Shape = readonly (number | string)[];

function graph(input: Shape, output: Shape, type = 'float32'): ModelGraph {
  return {
    inputs: [{ name: 'images', type, shape: input }],
    outputs: [{ name: 'output', type: 'float32', shape: output }],
  };
}

function outputs(shapes: Record<string, Shape>): TensorInfo[] {
  return Object.entries(shapes).map(([name, shape]) => ({ name, type: 'float32', shape }));
}

function find(found: ModelGraph, fields: object = {}, classNames: readonly string[] | null = null): ModelSpec {
  return recognise(found, { name: 'shop@12345678', manifest: v.parse(manifestSchema, fields), classNames });
}

const YOLOX = graph([1, 3, 416, 416], [1, 3549, 85]);
const SSD_MOBILENET: ModelGraph = {
  inputs: [{ name: 'image_tensor:0', type: 'uint8', shape: ['n', 'h', 'w', 3] }],
  outputs: outputs({
    'num_detections:0': ['n'],
    'detection_boxes:0': ['n', 'd', 4],
    'detection_scores:0': ['n', 'd'],
    'detection_classes:0': ['n', 'd'],
  }),
};
const NANODET: ModelGraph = {
  inputs: [{ name: 'input.1', type: 'float32', shape: [1, 3, 416, 416] }],
  outputs: outputs({
    792: [1, 2704, 80],
    814: [1, 676, 80],
    836: [1, 169, 80],
    795: [1, 2704, 32],
    817: [1, 676, 32],
    839: [1, 169, 32],
  }),
};

test('a graph with one row a cell is taken for yolox, fed BGR bytes', () => {
  expect(find(YOLOX)).toMatchObject({
    format: 'yolox',
    input: { name: 'images', type: 'float32', layout: 'planes' },
    outputs: [{ name: 'output' }],
    shape: { widthPx: 416, heightPx: 416, fit: 'letterbox' },
    preparation: { colour: 'bgr', scale: 1 },
  });
});

test('width and height are not mixed up', () => {
  expect(find(graph([1, 3, 224, 384], [1, 1764, 6])).shape).toMatchObject({ widthPx: 384, heightPx: 224 });
});

test('a graph with one column a cell is taken for yolov8, fed RGB 0..1', () => {
  const spec = find(graph(['batch', 3, 640, 640], ['batch', 84, 8400]));
  expect(spec).toMatchObject({ format: 'yolov8', preparation: { colour: 'rgb', scale: 1 / 255 } });
});

test('a graph with three rows a cell is taken for yolov5', () => {
  expect(find(graph([1, 3, 640, 640], [1, 25200, 85]))).toMatchObject({
    format: 'yolov5',
    preparation: { colour: 'rgb', scale: 1 / 255 },
  });
});

test('one decoded row a cell is yolov5 only when the manifest says so', () => {
  expect(find(YOLOX, { format: 'yolov5', colour: 'bgr', scale: 1 })).toMatchObject({
    format: 'yolov5',
    preparation: { colour: 'bgr', scale: 1 },
  });
});

test('six outputs are taken for nanodet, paired by stride and fed BGR with its own mean', () => {
  const spec = find(NANODET);
  expect(spec).toMatchObject({ format: 'nanodet', preparation: { colour: 'bgr', mean: [103.53, 116.28, 123.675] } });
  expect(spec.outputs.map(({ name }) => name)).toEqual(['792', '795', '814', '817', '836', '839']);
});

test('boxes and scores are taken for ssd, fed a stretched picture of any size', () => {
  const found = { ...graph([1, 3, 320, 544], []), outputs: outputs({ scores: [8160], boxes: [8160, 4] }) };
  const spec = find(found);
  expect(spec).toMatchObject({ format: 'ssd', shape: { widthPx: 544, heightPx: 320, fit: 'stretch' } });
  expect(spec.outputs.map(({ name }) => name)).toEqual(['boxes', 'scores']);
});

test('the outputs of TensorFlow are taken for ssd, fed RGB bytes pixel by pixel', () => {
  const spec = find(SSD_MOBILENET, { widthPx: 300, heightPx: 300 });
  expect(spec).toMatchObject({
    format: 'ssd',
    input: { type: 'uint8', layout: 'pixels', widthPx: 300, heightPx: 300 },
    preparation: { colour: 'rgb', scale: 1 },
  });
  expect(spec.outputs.map(({ name }) => name)).toEqual([
    'detection_boxes:0',
    'detection_scores:0',
    'detection_classes:0',
  ]);
});

test('an ssd whose outputs have names of its own is found by the names in the manifest', () => {
  const named = { ...SSD_MOBILENET, outputs: outputs({ b: [1, 9, 4], c: [1, 9], s: [1, 9] }) };
  const fields = { widthPx: 300, heightPx: 300, outputs: { boxes: 'b', scores: 's', classes: 'c' } };
  expect(find(named, fields).outputs.map(({ name }) => name)).toEqual(['b', 's', 'c']);
});

test('the manifest overrules what the format usually wants', () => {
  const fields = { colour: 'rgb', mean: [1, 2, 3], fit: 'stretch', note: 'kept for people' };
  const spec = find(YOLOX, fields);
  expect(spec.preparation).toEqual({ colour: 'rgb', scale: 1, mean: [1, 2, 3], std: [1, 1, 1] });
  expect(spec.shape.fit).toBe('stretch');
});

describe('a model that does not fit is refused with the tensor, what was expected and what was found', () => {
  test.each<[string, ModelGraph, object, RegExp]>([
    [
      'a size that is not fixed',
      graph([1, 3, 'h', 'w'], [1, 3549, 85]),
      {},
      /input "images" leaves its size open.*is float32 \[1, 3, h, w\]/,
    ],
    [
      'another size than its manifest says',
      YOLOX,
      { widthPx: 320, heightPx: 320 },
      /input "images" should be 320 .*is float32 \[1, 3, 416, 416\]/,
    ],
    [
      'half floats as input',
      graph([1, 3, 416, 416], [1, 3549, 85], 'float16'),
      {},
      /input "images".*is float16 \[1, 3, 416, 416\]/,
    ],
    [
      'bytes that are to be scaled',
      graph([1, 3, 416, 416], [1, 3549, 85], 'uint8'),
      { scale: 0.5 },
      /input "images" takes bytes as they are/,
    ],
    [
      'an input of another rank',
      graph([3, 416, 416], [1, 3549, 85]),
      {},
      /input "images" should be .*is float32 \[3, 416, 416\]/,
    ],
    ['a picture of one channel', graph([1, 1, 416, 416], [1, 3549, 85]), {}, /is float32 \[1, 1, 416, 416\]/],
    ['a batch of four', graph([4, 3, 416, 416], [4, 3549, 85]), {}, /is float32 \[4, 3, 416, 416\]/],
    [
      'a size off the grid',
      graph([1, 3, 400, 416], [1, 3400, 85]),
      {},
      /input "images" should be a multiple of 32 .*416x400/,
    ],
    ['a size beyond reason', graph([1, 3, 4096, 4096], [1, 3549, 85]), {}, /should be 32 to 2048 pixels.*4096/],
    [
      'a classifier',
      graph([1, 3, 416, 416], [1, 1000]),
      {},
      /as yolox its output "output" should be float32 \[1, 3549, 5 \+ classes\] and is float32 \[1, 1000\].*as ssd/,
    ],
    ['another format than its manifest says', YOLOX, { format: 'yolov8' }, /as yolov8 its output "output"/],
    ['no output', { ...YOLOX, outputs: [] }, {}, /there are 0: none/],
    [
      'two inputs',
      { ...YOLOX, inputs: [...YOLOX.inputs, ...YOLOX.inputs] },
      {},
      /one input and has 2: "images" float32/,
    ],
    [
      'nanodet with a stride missing',
      { ...NANODET, outputs: NANODET.outputs.slice(1) },
      {},
      /as nanodet its outputs should be .*\[1, 2704, classes\].*"795" float32/,
    ],
    [
      'scores of another length than the boxes',
      { ...YOLOX, outputs: outputs({ boxes: [100, 4], scores: [99] }) },
      {},
      /as ssd its outputs should be .*"scores" float32 \[99\]/,
    ],
    [
      'boxes of three values',
      {
        ...SSD_MOBILENET,
        outputs: outputs({ detection_boxes: [1, 9, 3], detection_scores: [1, 9], detection_classes: [1, 9] }),
      },
      { widthPx: 300, heightPx: 300 },
      /as ssd its output of boxes should be float32 \[1, n, 4\] and is "detection_boxes" float32 \[1, 9, 3\]/,
    ],
  ])('%s', (_, found, fields, message) => {
    expect(() => find(found, fields)).toThrow(expect.objectContaining({ code: 'model.unsupported' }));
    expect(() => find(found, fields)).toThrow(message);
    expect(() => find(found, fields)).toThrow('shop@12345678');
  });
});

describe('which class is a person', () => {
  const three = graph([1, 3, 416, 416], [1, 3549, 8]);

  test.each<[string, ModelGraph, object, readonly string[] | null, number]>([
    ['the only one', graph([1, 3, 416, 416], [1, 3549, 6]), {}, null, 0],
    ['the first of COCO', YOLOX, {}, null, 0],
    ['the one the manifest names', three, { classes: ['car', 'bus', 'Pedestrian'] }, null, 2],
    ['the one the file names', three, {}, ['car', 'person', 'bus'], 1],
    ['the one the manifest numbers, whatever the file says', three, { personClass: 2 }, ['person', 'car', 'bus'], 2],
  ])('%s', (_, found, fields, names, personClass) => {
    const data = new Float32Array(3549 * (found.outputs[0]?.shape[2] as number));
    data[4] = 1;
    data[5 + personClass] = 0.9;
    expect(find(found, fields, names).decode([{ data, shape: [] }], 0.5)).toHaveLength(1);
  });

  test.each([
    ['1', {}, 1],
    ['counted from 1, where names are given', { classes: ['car', 'person'] }, 2],
  ])('of TensorFlow it is %s', (_, fields, personClass) => {
    const spec = find(SSD_MOBILENET, { widthPx: 300, heightPx: 300, ...fields });
    const values = [
      [0.1, 0.1, 0.5, 0.5, 0.2, 0.2, 0.4, 0.4],
      [0.9, 0.8],
      [personClass, 3 - personClass],
    ];
    const answers = values.map((numbers) => ({ data: Float32Array.from(numbers), shape: [] }));
    expect(spec.decode(answers, 0.5)).toMatchObject([{ score: expect.closeTo(0.9, 5) as number }]);
  });

  test.each<[string, ModelGraph, object, readonly string[] | null, RegExp]>([
    ['there is none', three, {}, ['car', 'bus', 'truck'], /has no class person: its classes are car, bus, truck$/],
    ['nothing tells', three, {}, null, /has 3 classes and nothing says which is a person: write "classes"/],
    ['it lies beyond the classes', three, { personClass: 3 }, null, /class 3 is a person, and it has 3 classes/],
    [
      'names and classes differ in number',
      three,
      { classes: ['person'] },
      null,
      /3 classes and its list of names has 1/,
    ],
  ])('%s: refused', (_, found, fields, names, message) => {
    expect(() => find(found, fields, names)).toThrow(expect.objectContaining({ code: 'model.unsupported' }));
    expect(() => find(found, fields, names)).toThrow(message);
  });
});
