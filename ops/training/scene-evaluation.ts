import type { LoadedModel } from '#actors/inference/loaded-model.ts';
import { LETTERBOX_GREY } from '#media/frames/letterbox.ts';
import { PICTURE_ROWS, SHAPE } from './camera-path.ts';
import { randomPlaceSamples, type Sample, sceneSamples, type Source } from './clips.ts';
import { add, COUNTED, type Judgement, judgeFrame, NOTHING, type TruthBox } from './score-detections.ts';

export type { Source } from './clips.ts';
export const SOURCES: readonly Source[] = ['entrance', 'hall', 'random', 'hard'];

const CLIPS = 12;

export interface SceneEvaluation {
  readonly bySource: Record<Source, Judgement>;
  readonly frames: Record<Source, number>;
  readonly medianMs: number;
}

/** Twelve short clips a source and seed: of one scene, or of twelve places. */
export async function judgedOnScenes(detector: LoadedModel, first: number, seeds: number): Promise<SceneEvaluation> {
  const bySource = { entrance: NOTHING, hall: NOTHING, random: NOTHING, hard: NOTHING };
  const frames = { entrance: 0, hall: 0, random: 0, hard: 0 };
  const timesMs: number[] = [];
  for (const source of SOURCES) {
    for (let seed = first; seed < first + seeds; seed++) {
      for await (const sample of samplesOf(source, seed)) {
        const { detections, inferenceMs } = await detector.detect(frameFor(detector, sample.rgb));
        timesMs.push(inferenceMs);
        bySource[source] = add(bySource[source], judgeFrame(detections, truthOf(sample)));
        frames[source]++;
      }
    }
  }
  return { bySource, frames, medianMs: timesMs.sort((a, b) => a - b)[timesMs.length >> 1] ?? NaN };
}

async function* samplesOf(source: Source, seed: number): AsyncGenerator<Sample> {
  if (source === 'entrance' || source === 'hall') {
    yield* await sceneSamples(source, seed, 'evaluation', CLIPS);
    return;
  }
  const difficulty = source === 'hard' ? 'hard' : 'usual';
  for (let i = 0; i < CLIPS; i++) yield* await randomPlaceSamples(seed + i * 1000, 'evaluation', difficulty);
}

/** A detector with a larger input gets the same pixels with more grey around them, no enlarged ones. */
function frameFor({ card }: LoadedModel, rgb: Uint8Array): Parameters<LoadedModel['detect']>[0] {
  const { widthPx, heightPx } = card.shape;
  if (widthPx < SHAPE.widthPx || heightPx < PICTURE_ROWS)
    throw new Error(`${card.name} takes less than 384x216 pixels`);
  const placed = new Uint8Array(3 * widthPx * heightPx).fill(LETTERBOX_GREY);
  for (let row = 0; row < PICTURE_ROWS; row++) {
    placed.set(rgb.subarray(3 * SHAPE.widthPx * row, 3 * SHAPE.widthPx * (row + 1)), 3 * widthPx * row);
  }
  return {
    rgb: placed,
    widthPx,
    heightPx,
    letterbox: { scaledWidthPx: SHAPE.widthPx, scaledHeightPx: PICTURE_ROWS, offsetXPx: 0, offsetYPx: 0 },
    ticks90k: 0,
    receivedAtMs: 0,
  };
}

function truthOf({ boxes }: Sample): TruthBox[] {
  return boxes.map(({ box, visibility }) => ({
    box,
    isCounted: visibility >= COUNTED.visibility && (box.y2 - box.y1) * PICTURE_ROWS >= COUNTED.heightPx,
  }));
}
