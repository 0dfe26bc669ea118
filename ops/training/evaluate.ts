import { parseArgs } from 'node:util';
import { type LoadedModel, loadModel } from '#actors/inference/loaded-model.ts';
import { readModelFile } from '#actors/inference/models/model-file.ts';
import { resolveModel } from '#actors/inference/models/resolve.ts';
import { openVideoFile } from '../replay/video-file.ts';
import { PICTURE_ROWS, SHAPE } from './camera-path.ts';
import { FIRST_FRESH_SEED, randomPlaceSamples, type Sample, sceneSamples } from './clips.ts';
import { add, COUNTED, NOTHING, precisionOf, recallOf, type Score, scoreFrame } from './score-detections.ts';

/**
 * Measures a detector through the product's own ONNX session, decoding and suppression, on scenes it was not trained on:
 * node ops/training/evaluate.ts [--model FILE] [--seeds 6] [--first-seed 2000000] [--score 0.5]
 * With --video FILE --against MODEL it compares the detector with another one on a real clip instead.
 */
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    seeds: { type: 'string', default: '6' },
    'first-seed': { type: 'string' },
    score: { type: 'string', default: '0.5' },
    video: { type: 'string' },
    against: { type: 'string' },
  },
});

const minScore = Number(values.score);
const model = await loadModel(await readModelFile(resolveModel(values.model ?? null)));
try {
  if (values.video === undefined) await evaluateScenes();
  else await compareOnVideo(values.video, values.against);
} finally {
  await model.release();
}

async function evaluateScenes(): Promise<void> {
  const seeds = Number(values.seeds);
  // Another set each time, unless one is asked for.
  const first = Number(values['first-seed'] ?? FIRST_FRESH_SEED + Math.floor(Math.random() * 1e9));
  console.log(
    `${model.card.name}, seeds ${first} to ${first + seeds - 1}, score >= ${minScore}, IoU >= ${COUNTED.iou},`,
  );
  console.log(
    `people at least ${COUNTED.visibility * 100} % visible and ${COUNTED.heightPx} px high (of ${PICTURE_ROWS})`,
  );
  const times: number[] = [];
  for (const source of ['entrance', 'hall', 'random'] as const) {
    let total: Score = NOTHING;
    let frames = 0;
    for (let seed = first; seed < first + seeds; seed++) {
      for await (const samples of samplesOf(source, seed)) {
        for (const sample of samples) {
          const { detections, inferenceMs } = await detect(model, sample.rgb);
          times.push(inferenceMs);
          total = add(total, scoreFrame(detections, truthOf(sample), minScore));
          frames++;
        }
      }
    }
    report(source, frames, total);
  }
  console.log(`median ${median(times).toFixed(1)} ms a frame, tensor and suppression included`);
}

/** Random places share a seed's neighbourhood: twelve of them weigh as much as one scene. */
async function* samplesOf(source: 'entrance' | 'hall' | 'random', seed: number): AsyncGenerator<Sample[]> {
  if (source !== 'random') {
    yield await sceneSamples(source, seed, 'evaluation', 12);
    return;
  }
  for (let i = 0; i < 12; i++) yield await randomPlaceSamples(seed + i * 1000, 'evaluation');
}

async function compareOnVideo(path: string, against: string | undefined): Promise<void> {
  if (against === undefined) throw new Error('--against MODEL is needed: who is right about the clip');
  const reference = await loadModel(await readModelFile(resolveModel(against)));
  const truths: { box: Sample['boxes'][number]['box']; isCounted: boolean }[][] = [];
  for (const judge of [reference, model]) {
    const video = await openVideoFile(path);
    let total: Score = NOTHING;
    let frame = 0;
    for await (const picture of video.frames(judge.card.shape, 2)) {
      const { detections } = await judge.detect(picture);
      if (judge === reference) {
        truths.push(detections.map(({ box, score }) => ({ box, isCounted: score >= 0.3 })));
      } else {
        total = add(total, scoreFrame(detections, truths[frame] ?? [], minScore));
      }
      frame++;
    }
    await video.close();
    if (judge === model) report(`${path} against ${reference.card.name}`, frame, total);
  }
  await reference.release();
}

function detect(detector: LoadedModel, rgb: Uint8Array): ReturnType<LoadedModel['detect']> {
  return detector.detect({
    rgb: rgb as Uint8Array<ArrayBuffer>,
    widthPx: SHAPE.widthPx,
    heightPx: SHAPE.heightPx,
    letterbox: { scaledWidthPx: SHAPE.widthPx, scaledHeightPx: PICTURE_ROWS, offsetXPx: 0, offsetYPx: 0 },
    ticks90k: 0,
    receivedAtMs: 0,
  });
}

function truthOf({ boxes }: Sample): { box: Sample['boxes'][number]['box']; isCounted: boolean }[] {
  return boxes.map(({ box, visibility }) => ({
    box,
    isCounted: visibility >= COUNTED.visibility && (box.y2 - box.y1) * PICTURE_ROWS >= COUNTED.heightPx,
  }));
}

function report(name: string, frames: number, score: Score): void {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  console.log(
    `${name}: recall ${percent(recallOf(score))}, precision ${percent(precisionOf(score))} ` +
      `(${score.found} found, ${score.missed} missed, ${score.false} false in ${frames} frames)`,
  );
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}
