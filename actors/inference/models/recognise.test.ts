import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { manifestSchema } from './manifest.ts';
import type { ModelGraph } from './model.ts';
import { recognise } from './recognise.ts';

function graph(
  input: readonly (number | string)[],
  output: readonly (number | string)[],
  type = 'float32',
): ModelGraph {
  return {
    inputs: [{ name: 'images', type, shape: input }],
    outputs: [{ name: 'output', type: 'float32', shape: output }],
  };
}

const manifest = (fields: object = {}) => v.parse(manifestSchema, fields);
const find = (found: ModelGraph, fields = {}) => recognise(found, manifest(fields), 'shop@12345678');

test('a graph with one row a cell is taken for yolox, fed BGR bytes', () => {
  const spec = find(graph([1, 3, 416, 416], [1, 3549, 85]));
  expect(spec).toMatchObject({
    format: 'yolox',
    inputName: 'images',
    outputName: 'output',
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

test('the manifest overrules what the format usually wants', () => {
  const fields = { colour: 'rgb', mean: [1, 2, 3], fit: 'stretch', note: 'kept for people' };
  const spec = find(graph([1, 3, 416, 416], [1, 3549, 85]), fields);
  expect(spec.preparation).toEqual({ colour: 'rgb', scale: 1, mean: [1, 2, 3], std: [1, 1, 1] });
  expect(spec.shape.fit).toBe('stretch');
});

describe('a model that does not fit is refused with the tensor, what was expected and what was found', () => {
  test.each([
    [
      'a size that is not fixed',
      graph([1, 3, 'height', 'width'], [1, 3549, 85]),
      {},
      /input "images".*float32 \[1, 3, height, width\]/,
    ],
    [
      'bytes as input',
      graph([1, 3, 416, 416], [1, 3549, 85], 'uint8'),
      {},
      /input "images".*is uint8 \[1, 3, 416, 416\]/,
    ],
    ['a size off the grid', graph([1, 3, 400, 416], [1, 3400, 85]), {}, /multiples of 32.*\[1, 3, 400, 416\]/],
    ['pixels last', graph([1, 416, 416, 3], [1, 3549, 85]), {}, /is float32 \[1, 416, 416, 3\]/],
    [
      'anchors (yolov5)',
      graph([1, 3, 640, 640], [1, 25200, 85]),
      {},
      /yolox.*float32 \[1, 8400, 5 \+ classes\] and is float32 \[1, 25200, 85\].*yolov8.*\[1, 4 \+ classes, 8400\]/,
    ],
    [
      'another format than its manifest says',
      graph([1, 3, 416, 416], [1, 3549, 85]),
      { format: 'yolov8' },
      /as yolov8 its output "output"/,
    ],
    [
      'too few classes',
      graph([1, 3, 416, 416], [1, 3549, 7]),
      { format: 'yolox', personClass: 2 },
      /is float32 \[1, 3549, 7\]/,
    ],
    ['boxes and scores apart', { ...graph([1, 3, 416, 416], []), outputs: [] }, {}, /should have one output and has 0/],
  ])('%s', (_, found, fields, message) => {
    expect(() => find(found, fields)).toThrow(expect.objectContaining({ code: 'model.unsupported' }));
    expect(() => find(found, fields)).toThrow(message);
    expect(() => find(found, fields)).toThrow('shop@12345678');
  });
});
