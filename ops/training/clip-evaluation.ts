import type { LoadedModel } from '#actors/inference/loaded-model.ts';
import { openVideoFile } from '../replay/video-file.ts';
import { add, type Judgement, judgeFrame, NOTHING, type TruthBox } from './score-detections.ts';

/** What the judge scores higher is somebody to be found; what it scores lower, down to the second, is left alone. */
const SURE = 0.5;
const UNSURE = 0.25;
const FPS = 2;

export interface ClipEvaluation {
  readonly name: string;
  readonly judgement: Judgement;
  readonly frames: number;
}

/** Two pictures a second of a real clip, each detector at its own input size. */
export async function judgedOnClip(
  path: string,
  judge: LoadedModel,
  detectors: readonly LoadedModel[],
): Promise<ClipEvaluation[]> {
  const truths: TruthBox[][] = [];
  for await (const { detections } of seenIn(path, judge)) {
    truths.push(
      detections.filter(({ score }) => score >= UNSURE).map(({ box, score }) => ({ box, isCounted: score >= SURE })),
    );
  }
  const evaluations: ClipEvaluation[] = [];
  for (const detector of detectors) {
    let judgement = NOTHING;
    let frames = 0;
    for await (const { detections } of seenIn(path, detector)) {
      judgement = add(judgement, judgeFrame(detections, truths[frames] ?? []));
      frames++;
    }
    evaluations.push({ name: detector.card.name, judgement, frames });
  }
  return evaluations;
}

async function* seenIn(
  path: string,
  detector: LoadedModel,
): AsyncGenerator<Awaited<ReturnType<LoadedModel['detect']>>> {
  const video = await openVideoFile(path);
  try {
    for await (const picture of video.frames(detector.card.shape, FPS)) yield await detector.detect(picture);
  } finally {
    await video.close();
  }
}
