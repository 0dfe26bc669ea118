import { AppError } from '#protocol/errors.ts';
import { createRandom } from '#media/simulator/random.ts';
import { createRenderer, createSceneRenderer } from '#media/simulator/render.ts';
import { createScene, LOOP_MS, type Scene } from '#media/simulator/scene.ts';
import type { TrueBox } from '#media/simulator/truth.ts';
import { SUB_HEIGHT_PX, SUB_WIDTH_PX, throughCamera } from './camera-path.ts';
import { createRandomPlace, type Difficulty } from './random-place.ts';

/** Seeds from here on are kept for evaluation and for tests: no picture of theirs is ever trained on. */
export const FIRST_FRESH_SEED = 1_000_000;
const MAX_SEED = 2 ** 31;

/** A frame as the detector gets it, and who is in it. */
export interface Sample {
  /** RGB, 384 x 224. */
  readonly rgb: Uint8Array;
  readonly boxes: readonly TrueBox[];
}

export type Purpose = 'training' | 'evaluation';
export type Source = 'entrance' | 'hall' | 'random' | 'hard';

/** Throws `input.invalid` when a seed is not one of those set aside for the purpose. */
export function checkSeed(seed: number, purpose: Purpose): void {
  const [from, to] = purpose === 'training' ? [1, FIRST_FRESH_SEED - 1] : [FIRST_FRESH_SEED, MAX_SEED];
  if (Number.isSafeInteger(seed) && seed >= from && seed <= to) return;
  throw new AppError('input.invalid', `seed ${seed} is not for ${purpose}: those run from ${from} to ${to}`);
}

/** Frames of one place nobody has seen: three of a short clip. */
export async function randomPlaceSamples(
  seed: number,
  purpose: Purpose,
  difficulty: Difficulty = 'usual',
): Promise<Sample[]> {
  checkSeed(seed, purpose);
  const random = createRandom(`clip ${seed}`);
  const place = createRandomPlace(seed, difficulty);
  const renderer = createRenderer(place.picture, SUB_WIDTH_PX, SUB_HEIGHT_PX);
  return samplesOf(
    random.whole(20, 33),
    [0, 100, 200, 900, 1000, 1100, 2000, 2100].map((tMs, i) => ({
      keep: i === 1 || i === 5 || i === 7,
      render: () =>
        renderer.render({ figures: place.figuresAt(tMs), sun: place.sun, noiseSeed: tMs + i, captions: [] }),
      boxes: () => place.boxesAt(tMs),
    })),
  );
}

/** Frames of one of the two scenes, three from each of `clips` clips spread over the loop. */
export async function sceneSamples(
  name: Exclude<Source, 'random' | 'hard'>,
  seed: number,
  purpose: Purpose,
  clips: number,
): Promise<Sample[]> {
  checkSeed(seed, purpose);
  const scene: Scene = createScene(name, seed);
  const render = createSceneRenderer(scene, SUB_WIDTH_PX, SUB_HEIGHT_PX);
  const random = createRandom(`clips ${name} ${seed}`);
  const samples: Sample[] = [];
  for (let i = 0; i < clips; i++) {
    const fromMs = ((i + random.unit()) / clips) * LOOP_MS;
    const quality = purpose === 'evaluation' ? 22 : random.whole(20, 30);
    samples.push(
      ...(await samplesOf(
        quality,
        [0, 100, 200, 300, 400].map((offsetMs, k) => ({
          keep: k === 0 || k === 2 || k === 4,
          render: () => render(fromMs + offsetMs),
          boxes: () => scene.truthBoxes(fromMs + offsetMs),
        })),
      )),
    );
  }
  return samples;
}

interface Shot {
  readonly keep: boolean;
  render(): Buffer;
  boxes(): TrueBox[];
}

async function samplesOf(quality: number, shots: readonly Shot[]): Promise<Sample[]> {
  const rendered = function* (): Generator<Buffer> {
    for (const shot of shots) yield shot.render();
  };
  const frames = await throughCamera(rendered(), quality);
  return shots.flatMap((shot, i) => {
    const rgb = frames[i];
    return shot.keep && rgb !== undefined ? [{ rgb, boxes: shot.boxes() }] : [];
  });
}
