import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { AnalysisFrame, FrameShape } from '#media/frames/frame.ts';
import { letterboxFor } from '#media/frames/letterbox.ts';
import { onnxFile } from '#ops/testkit/onnx-file.ts';
import type { DetectorPool } from './detector.port.ts';
import { gridCells } from './models/grid.ts';
import { openDetectorPool } from './pool.ts';

const SHAPE: FrameShape = { widthPx: 64, heightPx: 64, fit: 'letterbox' };
const CELLS = gridCells(64, 64).length;
const folder = mkdtempSync(join(tmpdir(), 'footfall-models-'));
let pool: DetectorPool;
let threads: Worker[];
const keepThread = (thread: Worker): void => void threads.push(thread);

beforeEach(() => {
  threads = [];
  process.on('worker', keepThread);
  pool = openDetectorPool({ threads: 1 });
});

afterEach(async () => {
  process.off('worker', keepThread);
  await pool.close();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A yolov8 model of one class that sees the same person, at 8,16 to 24,48, with this score in every frame. */
function seerOfOne(score: number): Uint8Array {
  const values = new Float32Array(5 * CELLS);
  [16, 32, 16, 32, score].forEach((value, row) => (values[row * CELLS + 3] = value));
  return onnxFile([{ name: 'images', shape: [1, 3, 64, 64] }], [{ name: 'out', shape: [1, 5, CELLS], values }]);
}

/** A 16:9 picture in the input: 64 x 36 pixels of it. */
function frame(shape = SHAPE): AnalysisFrame {
  const rgb = new Uint8Array(shape.widthPx * shape.heightPx * 3).fill(114);
  const letterbox = letterboxFor(shape, 1280, 720);
  return { rgb, widthPx: shape.widthPx, heightPx: shape.heightPx, letterbox, ticks90k: 1, receivedAtMs: 0 };
}

test('a model is recognised, warmed up and answers in fractions of the picture', async () => {
  const path = write('one.onnx', seerOfOne(0.9));
  const card = await pool.load(path);
  expect(card).toMatchObject({ format: 'yolov8', shape: SHAPE });
  expect(card.name).toMatch(/^one@[0-9a-f]{8}$/);
  const inference = await pool.detect('cam-1', path, frame());
  expect(inference?.model).toBe(card.name);
  expect(inference?.detections).toHaveLength(1);
  expect(inference?.detections[0]?.score).toBeCloseTo(0.9, 6);
  // The box reaches to row 48, the picture ends at row 36.
  expect(inference?.detections[0]?.box).toEqual({ x1: 0.125, y1: 16 / 36, x2: 0.375, y2: 1 });
});

test('the manifest beside the file counts, and a wrong one is refused', async () => {
  const path = write('stretched.onnx', seerOfOne(0.9));
  write('stretched.json', '{"fit": "stretch", "madeBy": "a test"}');
  await expect(pool.load(path)).resolves.toMatchObject({ shape: { fit: 'stretch' } });
  write('stretched.json', '{"colour": "grey"}');
  await expect(pool.load(path)).rejects.toMatchObject({
    code: 'model.unreadable',
    message: expect.stringMatching(/stretched\.json is wrong at colour/) as string,
  });
});

test("TensorFlow's four outputs are read, from a model that takes bytes of a size its manifest says", async () => {
  const answers = {
    detection_boxes: [1, 2, 4, 0.25, 0.5, 0.5, 0.75, 0.1, 0.1, 0.9, 0.9],
    detection_scores: [1, 2, 0.8, 0.9],
    detection_classes: [1, 2, 1, 3], // The second is a car.
    num_detections: [1, 2],
  };
  const outputs = Object.entries(answers).map(([name, numbers]) => {
    const rank = name === 'detection_boxes' ? 3 : name === 'num_detections' ? 1 : 2;
    const values = Float32Array.from(numbers.slice(rank));
    return { name, shape: numbers.slice(0, rank), ...(rank === 1 ? {} : { values }) };
  });
  const input = { name: 'image_tensor:0', shape: [1, 'height', 'width', 3], type: 'uint8' } as const;
  const path = write('mobilenet.onnx', onnxFile([input], outputs));
  await expect(pool.load(path)).rejects.toThrow(/leaves its size open/);
  write('mobilenet.json', '{"widthPx": 64, "heightPx": 48}');
  const { shape } = await pool.load(path);
  expect(shape).toEqual({ widthPx: 64, heightPx: 48, fit: 'stretch' });
  const inference = await pool.detect('cam-1', path, frame(shape));
  expect(inference?.detections).toEqual([
    { score: expect.closeTo(0.8, 6) as number, box: { x1: 0.5, y1: 0.25, x2: 0.75, y2: 0.5 } },
  ]);
});

/** `[1, 3, 64, 64]` unless said; answers zeros. */
function model(output: readonly number[], input: readonly number[] = [1, 3, 64, 64], file = {}): Uint8Array {
  return onnxFile([{ name: 'images', shape: input }], [{ name: 'out', shape: output }], file);
}

function hugeFile(): string {
  const path = write('huge.onnx', '');
  truncateSync(path, 2 * 1024 ** 3); // Takes no room: nothing is written.
  return path;
}

const cars = { notes: { names: "{0: 'car'}" } };

test.each([
  [
    'a truncated file',
    () => write('torn.onnx', seerOfOne(0.9).subarray(0, 700)),
    'unreadable',
    /was cut short: \d+ bytes/,
  ],
  ['a file renamed', () => write('photo.onnx', Buffer.from([0xff, 0xd8, 0xff, 0])), 'unreadable', /is a JPEG picture/],
  ['a zip', () => write('zip.onnx', Buffer.from('PK\u0003\u0004...')), 'unreadable', /is a zip archive/],
  ['a text', () => write('text.onnx', 'weights go here'), 'unreadable', /is not an ONNX file/],
  ['an empty file', () => write('empty.onnx', ''), 'unreadable', /is empty/],
  [
    'another file under its name',
    () => write('door@01234567.onnx', seerOfOne(0.9)),
    'unreadable',
    /is another file than its name says/,
  ],
  ['a file of 2 GiB', hugeFile, 'unreadable', /is larger than 1 GiB/],
  ['no file', () => join(folder, 'none.onnx'), 'unreadable', /does not exist/],
  ['a folder', () => folder, 'unreadable', /is a folder/],
  ['a graph that is none', () => write('noise.onnx', noise()), 'unreadable', /not a whole, valid ONNX file/],
  [
    'an opset of the future',
    () => write('new.onnx', model([1, 5, CELLS], undefined, { opset: 99 })),
    'unreadable',
    /needs opset 99, and opsets up to \d+ are known/,
  ],
  [
    'an input of another rank',
    () => write('flat.onnx', model([1, 5, CELLS], [3, 64, 64])),
    'unsupported',
    /input "images" should be .* and is float32 \[3, 64, 64\]/,
  ],
  [
    'a model of cars',
    () => write('cars.onnx', model([1, 5, CELLS], undefined, cars)),
    'unsupported',
    /has no class person: its classes are car/,
  ],
  [
    'a model of another kind',
    () => write('kind.onnx', model([1, 1000])),
    'unsupported',
    /output "out" should be float32 \[1, 84, 5 \+ classes\] and is float32 \[1, 1000\]/,
  ],
])('%s is refused with the reason, and the running model stays', async (_, make, code, message) => {
  const running = write('running.onnx', seerOfOne(0.9));
  await pool.load(running);
  const path = make();
  await expect(pool.load(path)).rejects.toMatchObject({ code: `model.${code}` });
  await expect(pool.load(path)).rejects.toThrow(message);
  await expect(pool.detect('cam-1', running, frame())).resolves.toMatchObject({ detections: [{}] });
  expect(pool.stats().restarts).toBe(0);
});

/** Whole on the outside: a graph's length and an opset around bytes that are no graph. */
function noise(): Uint8Array {
  const file = Buffer.from(model([1, 5, CELLS]));
  return file.fill(0xff, 10, 200);
}

test('a frame in another shape than the model takes is refused and the thread lives', async () => {
  const path = write('one.onnx', seerOfOne(0.9));
  await pool.load(path);
  await expect(pool.detect('cam-1', path, frame({ ...SHAPE, widthPx: 32 }))).rejects.toThrow('takes frames of 64x64');
  await expect(pool.detect('cam-1', path, frame())).resolves.not.toBeNull();
  expect(pool.stats().restarts).toBe(0);
});

test('a killed thread is replaced and the next one answers', async () => {
  const path = write('one.onnx', seerOfOne(0.9));
  await pool.load(path);
  await threads[0]?.terminate(); // While it is idle: see ThreadHandle.
  expect(await pool.detect('cam-1', path, frame())).toMatchObject({ detections: [{}] });
  expect(pool.stats().restarts).toBe(1);
});

test('closing in the middle of work lets the thread finish and go', async () => {
  const path = write('one.onnx', seerOfOne(0.9));
  await pool.load(path);
  const left = new Promise((resolve) => threads[0]?.once('exit', resolve));
  const lost = expect(pool.detect('cam-1', path, frame())).rejects.toMatchObject({ code: 'aborted' });
  await pool.close();
  await lost;
  expect(await left).toBe(0);
});

test('more models than a thread keeps are all answered, each by itself', async () => {
  const scores = [0.5, 0.6, 0.7, 0.8, 0.9];
  const paths = scores.map((score) => write(`seer-${String(score)}.onnx`, seerOfOne(score)));
  for (const path of paths) await pool.load(path);
  for (const [i, path] of paths.entries()) {
    const inference = await pool.detect('cam-1', path, frame());
    expect(inference?.detections[0]?.score).toBeCloseTo(scores[i] ?? 0, 6);
  }
});

test('a file that changed takes effect, under its new name, when it is loaded again', async () => {
  const path = write('changing.onnx', seerOfOne(0.5));
  const before = await pool.load(path);
  write('changing.onnx', seerOfOne(0.6));
  expect(await pool.detect('cam-1', path, frame())).toMatchObject({ model: before.name });
  const after = await pool.load(path);
  expect(after.name).not.toBe(before.name);
  expect(await pool.detect('cam-1', path, frame())).toMatchObject({ model: after.name });
});

test('a file that is gone is unreadable when another thread has yet to load it', async () => {
  const path = write('gone.onnx', readFileSync(write('one.onnx', seerOfOne(0.9))));
  await pool.load(path);
  rmSync(path);
  const [thread] = threads;
  await thread?.terminate();
  await expect(pool.detect('cam-1', path, frame())).rejects.toMatchObject({ code: 'model.unreadable' });
});
