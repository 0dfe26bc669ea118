import { loadModel } from '#actors/inference/loaded-model.ts';
import { readModelFile } from '#actors/inference/models/model-file.ts';
import { resolveModel } from '#actors/inference/models/resolve.ts';
import { judgedOnScenes, SOURCES } from '#ops/training/scene-evaluation.ts';
import { add, NOTHING, precisionOf, recallOf, scoreAt } from '#ops/training/score-detections.ts';

/** What counts as found, and as false when nobody is there. */
const LEAST_SCORE = 0.5;

export interface DetectorFigures {
  /** 0..1, on simulated pictures of every kind that was not trained on. */
  readonly precision: number;
  readonly recall: number;
  readonly msPerFrame: number;
  readonly model: string;
}

/** The shipped model through the product's own session, decoding and suppression. Rendering takes most of the time. */
export async function measureShippedDetector(seed: number): Promise<DetectorFigures> {
  const detector = await loadModel(await readModelFile(resolveModel(null)));
  try {
    const { bySource, medianMs } = await judgedOnScenes(detector, seed, 1);
    const score = scoreAt(
      LEAST_SCORE,
      SOURCES.reduce((whole, source) => add(whole, bySource[source]), NOTHING),
    );
    return {
      precision: rounded(precisionOf(score)),
      recall: rounded(recallOf(score)),
      msPerFrame: rounded(medianMs),
      model: detector.card.name,
    };
  } finally {
    await detector.release();
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
