import { parseArgs } from 'node:util';
import { loadModel } from '#actors/inference/loaded-model.ts';
import { readModelFile } from '#actors/inference/models/model-file.ts';
import { resolveModel } from '#actors/inference/models/resolve.ts';
import { PICTURE_ROWS } from './camera-path.ts';
import { FIRST_FRESH_SEED } from './clips.ts';
import { judgedOnClip } from './clip-evaluation.ts';
import { judgedOnScenes, type Source, SOURCES } from './scene-evaluation.ts';
import { averagePrecision, COUNTED, type Judgement, precisionOf, recallOf, scoreAt } from './score-detections.ts';

/**
 * Measures detectors through the product's own ONNX session, decoding and suppression, on scenes nothing was trained on
 * and on a real clip:
 * node ops/training/evaluate.ts [--model FILE] [--beside FILE] [--seeds 4] [--first-seed 2000000] [--score 0.5]
 *   [--clip FILE --judge FILE]
 * Truth about the clip is what the judge, another detector, sees in it.
 */
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    beside: { type: 'string' },
    seeds: { type: 'string', default: '4' },
    'first-seed': { type: 'string' },
    score: { type: 'string', default: '0.5' },
    clip: { type: 'string' },
    judge: { type: 'string' },
  },
});

const minScore = Number(values.score);
const seeds = Number(values.seeds);
// Another set each time, unless one is asked for.
const first = Number(values['first-seed'] ?? FIRST_FRESH_SEED + Math.floor(Math.random() * 1e9));
const open = async (path: string | null): ReturnType<typeof loadModel> =>
  loadModel(await readModelFile(resolveModel(path)));

const detectors = [await open(values.model ?? null)];
if (values.beside !== undefined) detectors.push(await open(values.beside));
if (seeds > 0) {
  console.log(`seeds ${first} to ${first + seeds - 1}, score >= ${minScore}, IoU >= ${COUNTED.iou},`);
  console.log(
    `people at least ${COUNTED.visibility * 100} % visible and ${COUNTED.heightPx} px high (of ${PICTURE_ROWS})`,
  );
}
for (const detector of detectors) {
  if (seeds === 0) break;
  const { bySource, frames, medianMs } = await judgedOnScenes(detector, first, seeds);
  console.log(`${detector.card.name}: ${medianMs.toFixed(1)} ms a frame, tensor and suppression included`);
  for (const source of SOURCES) report(source, bySource[source], frames[source]);
}
if (values.clip !== undefined) await evaluateClip(values.clip, values.judge);
for (const detector of detectors) await detector.release();

async function evaluateClip(clip: string, judgePath: string | undefined): Promise<void> {
  if (judgePath === undefined) throw new Error('--judge MODEL is needed: who is right about the clip');
  const judge = await open(judgePath);
  console.log(`${clip}: truth is what ${judge.card.name} sees, a detector and no person`);
  const others = detectors.filter(({ card }) => card.name !== judge.card.name);
  for (const { name, judgement, frames } of await judgedOnClip(clip, judge, others)) report(name, judgement, frames);
  await judge.release();
}

function report(name: Source | string, judgement: Judgement, frames: number): void {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const score = scoreAt(minScore, judgement);
  console.log(
    `  ${name}: recall ${percent(recallOf(score))}, precision ${percent(precisionOf(score))}, ` +
      `AP50 ${percent(averagePrecision(judgement))} ` +
      `(${score.found} found, ${score.missed} missed, ${score.false} false in ${frames} frames)`,
  );
}
