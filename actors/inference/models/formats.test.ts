import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ScoredBox } from '../nms.ts';
import { gridCells } from './grid.ts';
import type { Cell } from './grid.ts';
import type { FormatName, ModelFormat, ModelInput } from './model.ts';
import { nanodet } from './nanodet.ts';
import { ssd } from './ssd.ts';
import { yolov5 } from './yolov5.ts';
import { yolov8 } from './yolov8.ts';
import { yolox } from './yolox.ts';

const INPUT: ModelInput = { name: 'images', type: 'float32', layout: 'planes', widthPx: 384, heightPx: 224 };
const CELLS = gridCells(INPUT.widthPx, INPUT.heightPx);
const PLUS_CELLS = gridCells(INPUT.widthPx, INPUT.heightPx, [8, 16, 32, 64]);
const GRIDS = [8, 16, 32].map((stride) => gridCells(INPUT.widthPx, INPUT.heightPx, [stride]));
const CLASSES = 3;
const BINS = 8;

/** Writes a box where the format keeps that of row `row`. The class is `classIndex` of three. */
type Encode = (outputs: Float32Array[], row: number, box: ScoredBox, classIndex: number) => void;

interface Case {
  readonly name: string;
  readonly format: ModelFormat;
  /** Name and shape of each output. */
  readonly outputs: readonly (readonly [string, ...number[]])[];
  readonly rows: number;
  readonly encode: Encode;
  /** The number of the first class. */
  readonly firstClass?: number;
}

const centred = ({ x1, y1, x2, y2 }: ScoredBox): number[] => [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];

const encodeYolox: Encode = ([data], row, box, classIndex) => {
  const { x, y, stride } = CELLS[row] as Cell;
  const [centreX = 0, centreY = 0, width = 0, height = 0] = centred(box);
  const values = [centreX / stride - x, centreY / stride - y, Math.log(width / stride), Math.log(height / stride), 1];
  data?.set(values, row * (5 + CLASSES));
  data?.set([box.score], row * (5 + CLASSES) + 5 + classIndex);
};

const encodeYolov5: Encode = ([data], row, box, classIndex) => {
  data?.set([...centred(box), 1], row * (5 + CLASSES));
  data?.set([box.score], row * (5 + CLASSES) + 5 + classIndex);
};

const encodeYolov8: Encode = ([data], row, box, classIndex) => {
  centred(box).forEach((value, i) => data?.set([value], i * CELLS.length + row));
  data?.set([box.score], (4 + classIndex) * CELLS.length + row);
};

/** A distribution over 0 .. 7 with this mean: all weight on the two whole numbers beside it. */
function bins(mean: number): number[] {
  const below = Math.min(BINS - 2, Math.floor(mean));
  return Array.from({ length: BINS }, (_, bin) =>
    bin === below ? Math.log(below + 1 - mean) : bin === below + 1 ? Math.log(mean - below) : -Infinity,
  );
}

const distances = ({ x1, y1, x2, y2 }: ScoredBox, x: number, y: number, stride: number): number[] =>
  [x - x1, y - y1, x2 - x, y2 - y].flatMap((distance) => bins(distance / stride));

const encodeNanodet: Encode = (outputs, row, box, classIndex) => {
  let at = row;
  const grid = GRIDS.findIndex((cells) => at < cells.length || ((at -= cells.length), false));
  const { x, y, stride } = GRIDS[grid]?.[at] as Cell;
  const half = (stride - 1) / 2;
  outputs[2 * grid]?.set([box.score], at * CLASSES + classIndex);
  outputs[2 * grid + 1]?.set(distances(box, x * stride + half, y * stride + half, stride), at * 4 * BINS);
};

const encodeNanodetPlus: Encode = ([data], row, box, classIndex) => {
  const { x, y, stride } = PLUS_CELLS[row] as Cell;
  const at = row * (CLASSES + 4 * BINS);
  data?.set([box.score], at + classIndex);
  data?.set(distances(box, x * stride, y * stride, stride), at + CLASSES);
};

const fractions = ({ x1, y1, x2, y2 }: ScoredBox): [number, number, number, number] => [
  x1 / INPUT.widthPx,
  y1 / INPUT.heightPx,
  x2 / INPUT.widthPx,
  y2 / INPUT.heightPx,
];

const encodeBoxesAndScores: Encode = ([boxes, scores], row, box, classIndex) => {
  boxes?.set(fractions(box), row * 4);
  scores?.set([box.score], row * CLASSES + classIndex);
};

const encodeFourOutputs: Encode = ([boxes, scores, classes], row, box, classIndex) => {
  const [x1, y1, x2, y2] = fractions(box);
  boxes?.set([y1, x1, y2, x2], row * 4);
  scores?.set([box.score], row);
  classes?.set([classIndex + 1], row);
};

const CASES: readonly Case[] = [
  {
    name: 'yolox',
    format: yolox,
    outputs: [['output', 1, CELLS.length, 5 + CLASSES]],
    rows: CELLS.length,
    encode: encodeYolox,
  },
  {
    name: 'yolov8',
    format: yolov8,
    outputs: [['output0', 1, 4 + CLASSES, CELLS.length]],
    rows: CELLS.length,
    encode: encodeYolov8,
  },
  {
    name: 'yolov5',
    format: yolov5,
    outputs: [['output', 1, 3 * CELLS.length, 5 + CLASSES]],
    rows: 3 * CELLS.length,
    encode: encodeYolov5,
  },
  {
    name: 'nanodet',
    format: nanodet,
    outputs: GRIDS.flatMap((cells, i) => [
      [`classes-${String(i)}`, 1, cells.length, CLASSES] as const,
      [`boxes-${String(i)}`, 1, cells.length, 4 * BINS] as const,
    ]),
    rows: CELLS.length,
    encode: encodeNanodet,
  },
  {
    name: 'nanodet-plus',
    format: nanodet,
    outputs: [['output', 1, PLUS_CELLS.length, CLASSES + 4 * BINS]],
    rows: PLUS_CELLS.length,
    encode: encodeNanodetPlus,
  },
  {
    name: 'ssd, boxes and scores',
    format: ssd,
    outputs: [
      ['boxes', 100, 4],
      ['scores', 100, CLASSES],
    ],
    rows: 100,
    encode: encodeBoxesAndScores,
  },
  {
    name: 'ssd, four outputs',
    format: ssd,
    outputs: [
      ['detection_boxes:0', 1, 100, 4],
      ['detection_scores:0', 1, 100],
      ['detection_classes:0', 1, 100],
      ['num_detections:0', 1],
    ],
    rows: 100,
    encode: encodeFourOutputs,
    firstClass: 1,
  },
];

/** Reads what `write` wrote, as a model whose person is this class. */
function decoded(
  { format, outputs }: Case,
  personClass: number,
  write: (outputs: Float32Array[]) => void,
): ScoredBox[] {
  const tensors = outputs.map(([name, ...shape]) => ({ name, type: 'float32', shape }));
  const match = format.match(INPUT, tensors, {});
  if (typeof match === 'string') throw new Error(match);
  const answers = match.outputs.map(({ shape }) => {
    const sides = shape as readonly number[];
    return { shape: sides, data: new Float32Array(sides.reduce((product, side) => product * side, 1)) };
  });
  write(answers.map(({ data }) => data));
  return match.decode(answers, personClass, 0.1);
}

/** Sides in eighths of a cell: distributions reach from the cell's corner, or its centre, to seven cells away. */
const box = fc
  .record({ row: fc.nat(), left: fc.integer({ min: 5, max: 50 }), top: fc.integer({ min: 5, max: 50 }) })
  .chain((start) =>
    fc
      .record({ right: fc.integer({ min: 5, max: 50 }), bottom: fc.integer({ min: 5, max: 50 }) })
      .map((end) => ({ ...start, ...end })),
  );

/** Around the place of the row's cell, where the format has cells. */
function boxAround(row: number, sides: { left: number; top: number; right: number; bottom: number }): ScoredBox {
  const { x, y, stride } = PLUS_CELLS[row % PLUS_CELLS.length] as Cell;
  const [centreX, centreY] = [x * stride + stride / 2, y * stride + stride / 2];
  const grown = stride / 8;
  return {
    x1: centreX - sides.left * grown,
    y1: centreY - sides.top * grown,
    x2: centreX + sides.right * grown,
    y2: centreY + sides.bottom * grown,
    score: 0.8,
  };
}

test('cells go row by row, the finest grid first', () => {
  expect(CELLS).toHaveLength(48 * 28 + 24 * 14 + 12 * 7);
  expect(CELLS.slice(47, 49)).toEqual([
    { x: 47, y: 0, stride: 8 },
    { x: 0, y: 1, stride: 8 },
  ]);
  expect(CELLS[48 * 28]).toEqual({ x: 0, y: 0, stride: 16 });
  expect(CELLS.at(-1)).toEqual({ x: 11, y: 6, stride: 32 });
});

test.each(CASES)('$name: a box written in any row is read back', (one) => {
  fc.assert(
    fc.property(box, ({ row, ...sides }) => {
      const at = row % one.rows;
      const wanted = boxAround(at, sides);
      const [found, second] = decoded(one, one.firstClass ?? 0, (outputs) => {
        one.encode(outputs, at, wanted, 0);
      });
      expect(second).toBeUndefined();
      for (const key of ['x1', 'y1', 'x2', 'y2', 'score'] as const) expect(found?.[key]).toBeCloseTo(wanted[key], 2);
    }),
  );
});

test.each(CASES)('$name: weak boxes and other classes are left out', (one) => {
  const found = decoded(one, one.firstClass ?? 0, (outputs) => {
    one.encode(outputs, 3, { ...boxAround(3, { left: 9, top: 9, right: 9, bottom: 9 }), score: 0.09 }, 0);
    one.encode(outputs, 5, boxAround(5, { left: 9, top: 9, right: 9, bottom: 9 }), 1);
  });
  expect(found).toEqual([]);
});

test.each(CASES)('$name: the class that is a person can be another', (one) => {
  const found = decoded(one, (one.firstClass ?? 0) + 2, (outputs) => {
    one.encode(outputs, 7, boxAround(7, { left: 9, top: 9, right: 9, bottom: 9 }), 2);
  });
  expect(found).toHaveLength(1);
});

test.each(CASES)('$name: values that are no numbers give no boxes', (one) => {
  expect(decoded(one, one.firstClass ?? 0, (outputs) => outputs.forEach((data) => data.fill(NaN)))).toEqual([]);
});

test.each([
  ['in pixels', { boxUnit: 'pixel' as const }, [30, 40, 90, 160]],
  ['with y first', { boxOrder: 'yxyx' as const }, [40 / 224, 30 / 384, 160 / 224, 90 / 384]],
])('ssd boxes %s are read as the manifest says', (_, manifest, values) => {
  const tensors = [
    { name: 'boxes', type: 'float32', shape: [100, 4] },
    { name: 'scores', type: 'float32', shape: [100] },
  ];
  const match = ssd.match(INPUT, tensors, manifest);
  if (typeof match === 'string') throw new Error(match);
  const data = new Float32Array(400);
  data.set(values);
  const scores = new Float32Array(100);
  scores[0] = 0.5;
  const [found] = match.decode(
    [
      { data, shape: [100, 4] },
      { data: scores, shape: [100] },
    ],
    0,
    0.1,
  );
  for (const [key, wanted] of Object.entries({ x1: 30, y1: 40, x2: 90, y2: 160 }))
    expect(found?.[key as 'x1']).toBeCloseTo(wanted, 3);
});

test('no output of one format is taken for another', () => {
  const formats = [yolox, yolov8, yolov5, nanodet, ssd];
  for (const { format, outputs } of CASES) {
    const tensors = outputs.map(([name, ...shape]) => ({ name, type: 'float32', shape }));
    const matching = formats.filter((other) => typeof other.match(INPUT, tensors, {}) !== 'string');
    expect(matching.map((other): FormatName => other.format)).toEqual([format.format]);
  }
});
