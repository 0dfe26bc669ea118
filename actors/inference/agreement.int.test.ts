import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { iou } from '#protocol/geometry.ts';
import type { Box } from '#protocol/geometry.ts';
import { openVideoFile } from '#ops/replay/video-file.ts';
import { evaluationFolder } from '#ops/testkit/evaluation.ts';
import { openDetectorPool } from './pool.ts';

const evaluation = evaluationFolder('models of other makers against YOLOX-Nano');
const pool = openDetectorPool({ threads: 1 });
afterAll(() => pool.close());

/** Of a clip of 795 frames; every 39th makes twenty. */
const FRAME_STEP = 39;
const REFERENCE = 'yolox_nano.onnx';
/** Whom the reference is sure of. */
const SURE = 0.5;
/** Models' scores mean different things; a box they would give the tracker at all. */
const SEEN = 0.3;

async function boxesOf(name: string, frameCount: number, minScore: number): Promise<Box[][]> {
  const model = join(evaluation ?? '', 'models', name);
  const { shape } = await pool.load(model);
  const video = await openVideoFile(join(evaluation ?? '', 'clips/vtest_480x360.mp4'));
  const found: Box[][] = [];
  let index = 0;
  for await (const frame of video.frames(shape, 10)) {
    if (index % FRAME_STEP === 0) {
      const inference = await pool.detect('cam-1', model, frame);
      found.push((inference?.detections ?? []).filter(({ score }) => score >= minScore).map(({ box }) => box));
    }
    if (found.length === frameCount) break;
    index += 1;
  }
  await video.close();
  return found;
}

describe.skipIf(evaluation === null)('on frames of a real clip', () => {
  test.each([
    [REFERENCE, 20],
    ['nanodet_m.onnx', 20],
    ['person-detection-retail-0013.onnx', 20],
    ['yolov8n_int8.EVAL-ONLY-AGPL.onnx', 3], // Very slow.
  ])('%s finds four in five of those whom YOLOX-Nano finds', async (name, frameCount) => {
    const wanted = await boxesOf(REFERENCE, frameCount, SURE);
    const found = await boxesOf(name, frameCount, SEEN);
    expect(found).toHaveLength(frameCount);
    const best = wanted.flatMap((boxes, i) =>
      boxes.map((box) => Math.max(0, ...(found[i] ?? []).map((other) => iou(box, other)))),
    );
    expect(best.length).toBeGreaterThan(frameCount * 2);
    expect(best.filter((overlap) => overlap >= 0.5).length / best.length).toBeGreaterThanOrEqual(0.8);
  });
});
