import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { iou } from '#protocol/geometry.ts';
import type { Box } from '#protocol/geometry.ts';
import { openVideoFile } from '#ops/replay/video-file.ts';
import { evaluationFolder } from '#ops/testkit/evaluation.ts';
import type { Detection } from './detector.port.ts';
import { openDetectorPool } from './pool.ts';

const evaluation = evaluationFolder('models of other makers against YOLOX-Nano');
const pool = openDetectorPool({ threads: 1 });
afterAll(() => pool.close());

/** Twenty frames of a clip of 79.5 s, at evenly spread times. */
const FPS = 20 / 79.5;
const REFERENCE = 'yolox_nano.onnx';
/** Whom the reference is sure of. */
const SURE = 0.5;
/** Scores of different models mean different things; this is a box that the tracker would follow. */
const SEEN = 0.3;

async function detectionsOf(name: string, frameCount: number): Promise<(readonly Detection[])[]> {
  const model = join(evaluation ?? '', 'models', name);
  const { shape } = await pool.load(model);
  const video = await openVideoFile(join(evaluation ?? '', 'clips/vtest_480x360.mp4'));
  const found: (readonly Detection[])[] = [];
  for await (const frame of video.frames(shape, FPS)) {
    found.push((await pool.detect('cam-1', model, frame))?.detections ?? []);
    if (found.length === frameCount) break;
  }
  await video.close();
  return found;
}

function boxesFrom(detections: readonly Detection[], minScore: number): Box[] {
  return detections.filter(({ score }) => score >= minScore).map(({ box }) => box);
}

describe.skipIf(evaluation === null)('on frames of a real clip', () => {
  let wanted: (readonly Detection[])[];
  beforeAll(async () => {
    wanted = await detectionsOf(REFERENCE, 20);
  });

  test.each([
    ['nanodet_m.onnx', 20],
    ['person-detection-retail-0013.onnx', 20],
    ['yolov8n_int8.EVAL-ONLY-AGPL.onnx', 3], // Very slow.
  ])('%s finds four in five of those whom YOLOX-Nano finds', async (name, frameCount) => {
    const found = await detectionsOf(name, frameCount);
    expect(found).toHaveLength(frameCount);
    const best = found.flatMap((detections, i) =>
      boxesFrom(wanted[i] ?? [], SURE).map((box) =>
        Math.max(0, ...boxesFrom(detections, SEEN).map((other) => iou(box, other))),
      ),
    );
    expect(best.length).toBeGreaterThan(frameCount * 2);
    expect(best.filter((overlap) => overlap >= 0.5).length / best.length).toBeGreaterThanOrEqual(0.8);
  });
});
