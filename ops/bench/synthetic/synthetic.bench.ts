import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { say } from '#ops/setup/step.ts';
import type { BenchResult } from '../bench-result.ts';
import { FIRST_FRESH_SEED } from '#ops/training/clips.ts';
import { measureShippedDetector } from './shipped-detector.ts';
import { sum } from './score.ts';
import { cases, runCase, type CaseScore } from './suite.ts';

/** Of these seeds none was trained on. */
const MAX_SEED = 1e9;

/** Runs every case; `--seed` repeats a run. `missed` names the cases whose bar was not met. */
export async function run(args: readonly string[] = []): Promise<BenchResult> {
  const seed = seedOf(args);
  say(`seed ${String(seed)}`);
  const scores: CaseScore[] = [];
  for (const one of cases) {
    const score = await runCase(one, seed);
    scores.push(score);
    const { name, crossings, right, wrong, isMet, failedSeeds } = score;
    const counts = `${String(right).padStart(4)} of ${String(crossings).padStart(4)}, ${String(wrong)} wrong`;
    say(`${isMet ? ' ' : '!'} ${name.padEnd(45)} ${counts}${isMet ? '' : `, seeds ${failedSeeds.join(' ')}`}`);
  }
  const { crossings, right, wrong } = sum(scores);
  return {
    cases: scores.map(({ name, bar, ...score }) => {
      return { name, crossings: score.crossings, right: score.right, wrong: score.wrong, bar, isMet: score.isMet };
    }),
    crossings,
    right,
    wrong,
    missed: scores.filter((score) => !score.isMet).map(({ name }) => name),
    seed,
    detector: await measureShippedDetector(FIRST_FRESH_SEED + seed),
    ...measuredOn(),
    runs: 1,
  };
}

function seedOf(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: { seed: { type: 'string' } } });
  if (values.seed === undefined) return Math.floor(Math.random() * MAX_SEED);
  const seed = Number(values.seed);
  if (Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED) return seed;
  throw new AppError('input.invalid', `--seed must be a whole number up to ${String(MAX_SEED)}`);
}
