import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { iou } from '#protocol/geometry.ts';
import type { Box } from '#protocol/geometry.ts';
import { openVideoFile } from '#ops/replay/video-file.ts';
import { evaluationFolder } from '#ops/testkit/evaluation.ts';
import { openDetectorPool } from './pool.ts';

const evaluation = evaluationFolder('models of other makers on a real frame');
const pool = openDetectorPool({ threads: 1 });
afterAll(() => pool.close());

/** Those in the first frame of the clip whom nobody could miss. */
const PEOPLE: readonly Box[] = [
  { x1: 0.33, y1: 0.38, x2: 0.37, y2: 0.54 },
  { x1: 0.65, y1: 0.27, x2: 0.69, y2: 0.4 },
  { x1: 0.84, y1: 0.42, x2: 0.89, y2: 0.56 },
];

describe.skipIf(evaluation === null)('on a real frame', () => {
  test.each(['yolox_nano.onnx', 'yolov8n_int8.EVAL-ONLY-AGPL.onnx'])('%s finds the people', async (name) => {
    const model = join(evaluation ?? '', 'models', name);
    const { shape } = await pool.load(model);
    const video = await openVideoFile(join(evaluation ?? '', 'clips/vtest_480x360.mp4'));
    const frames = video.frames(shape, 10);
    const { value: frame } = await frames.next();
    await frames.return(undefined);
    await video.close();
    if (frame === undefined) throw new Error('the clip has no frame');
    const inference = await pool.detect('cam-1', model, frame);
    const sure = inference?.detections.filter(({ score }) => score >= 0.6) ?? [];
    expect(sure).toHaveLength(PEOPLE.length);
    for (const person of PEOPLE) expect(Math.max(...sure.map(({ box }) => iou(box, person)))).toBeGreaterThan(0.7);
  });
});
