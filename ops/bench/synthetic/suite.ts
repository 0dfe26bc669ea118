import { seededRandom } from '#ops/testkit/walking-world.ts';
import { alone } from './cases/alone.ts';
import { appearing } from './cases/appearing.ts';
import { disturbed } from './cases/disturbed.ts';
import { together } from './cases/together.ts';
import { crossingsOf } from './people.ts';
import { runScene, SCENE_EPOCH_MS } from './run-scene.ts';
import type { Case } from './scene.ts';
import { isMet, scoreOf, sum, type Score } from './score.ts';

export const cases: readonly Case[] = [...alone, ...disturbed, ...together, ...appearing];

export interface CaseScore extends Score {
  readonly name: string;
  readonly bar: number;
  readonly isMet: boolean;
  /** Seeds of the scenes in which something was missed or counted wrongly. */
  readonly failedSeeds: readonly number[];
}

/** Runs a case's scenes, each from a seed of its own that follows from `seed` and can be run again alone. */
export async function runCase(one: Case, seed: number, scenes = one.scenes): Promise<CaseScore> {
  const scores: Score[] = [];
  const failedSeeds: number[] = [];
  for (let index = 0; index < scenes; index += 1) {
    const own = seed + index * 7919;
    const score = await scoreScene(one, own);
    scores.push(score);
    if (!isMet(score, 1)) failedSeeds.push(own);
  }
  const total = sum(scores);
  return { name: one.name, bar: one.bar, ...total, isMet: isMet(total, one.bar), failedSeeds };
}

export async function scoreScene(one: Case, seed: number): Promise<Score> {
  const random = seededRandom(seed);
  const scene = one.make(random);
  const truth = scene.lines.flatMap((line) => crossingsOf(scene.people, scene.view, line));
  const counted = await runScene(scene, random);
  return scoreOf(
    truth,
    counted.map(({ line, direction, crossedAtMs }) => ({ line, direction, tMs: crossedAtMs - SCENE_EPOCH_MS })),
  );
}
