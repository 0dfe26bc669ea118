import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import type { BenchResult } from '#ops/bench/bench-result.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { runSteps } from '#ops/setup/step.ts';
import { startSteps } from '#ops/setup/steps.ts';
import { runChaos } from './chaos.ts';
import { ALL_FAULTS, SHORT_FAULTS } from './faults/list.ts';

const USAGE = 'bench chaos [--short] [--seed N] [--minutes N] [--cameras N]';
/** The detector's own error on these scenes, with nothing wrong. */
const MOST_MISSED_FRAC = 0.05;

/**
 * Two workers, two projectors, a web server, PostgreSQL and three NATS servers, with one fault after another by a seeded
 * schedule, and what is stored held against the truth of the simulated cameras. `--short`: five kinds of fault, once each.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const { seed, minutes, cameras, isShort } = readOptions(args);
  const env = readEnv();
  await runSteps(startSteps(env));
  const { lost, doubled, byFault, ...rest } = await runChaos({
    seed,
    faults: isShort ? SHORT_FAULTS : ALL_FAULTS,
    forMs: isShort ? null : minutes * 60_000,
    cameras,
    cacheDir: join(env.cacheDir, 'bench-cameras'),
  });
  const missed = [
    ...(lost.length > 0 ? ['lost'] : []),
    ...(doubled.length > 0 ? ['doubled'] : []),
    ...(rest.usurped.length > 0 ? ['usurped'] : []),
    ...(rest.occupancyNegative > 0 ? ['occupancyNegative'] : []),
    ...(rest.missedInView.length > MOST_MISSED_FRAC * rest.inView ? ['missedInView'] : []),
  ];
  return {
    ...rest,
    faults: byFault.length,
    lost: lost.length,
    doubled: doubled.length,
    lostFacts: lost,
    doubledFacts: doubled,
    byFault,
    missed,
    ...measuredOn(),
    runs: 1,
  };
}

function readOptions(args: readonly string[]): { seed: number; minutes: number; cameras: number; isShort: boolean } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
      minutes: { type: 'string', default: '10' },
      cameras: { type: 'string', default: '3' },
      short: { type: 'boolean', default: false },
    },
  });
  const [seed, minutes, cameras] = [Number(values.seed), Number(values.minutes), Number(values.cameras)];
  if (Number.isSafeInteger(seed) && minutes > 0 && cameras >= 1 && cameras <= 4) {
    return { seed, minutes, cameras, isShort: values.short };
  }
  throw new AppError('input.invalid', USAGE);
}
