import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import type { BenchResult } from '#ops/bench/bench-result.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { runSteps } from '#ops/setup/step.ts';
import { startSteps } from '#ops/setup/steps.ts';
import { faultsOf, runChaos } from './chaos.ts';
import type { Fault } from './faults/fault.ts';
import { ALL_FAULTS, SHORT_FAULTS } from './faults/list.ts';

const USAGE = 'bench chaos [--short] [--seed N] [--minutes N] [--cameras N] [--only FAULT,FAULT]';
/** The detector's own error on these scenes, with nothing wrong. */
const MOST_MISSED_FRAC = 0.05;

/**
 * Two workers, two projectors, a web server, PostgreSQL and three NATS servers, with one fault after another by a seeded
 * schedule, and what is stored held against the truth of the simulated cameras. `--short`: five kinds of fault, once each.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const { seed, minutes, cameras, isShort, faults } = readOptions(args);
  const env = readEnv();
  await runSteps(startSteps(env));
  const result = await runChaos({
    seed,
    faults,
    forMs: isShort ? null : minutes * 60_000,
    cameras,
    cacheDir: join(env.cacheDir, 'bench-cameras'),
  });
  return {
    ...result,
    faults: result.byFault.length,
    lost: result.lost.length,
    doubled: result.doubled.length,
    lostFacts: result.lost,
    doubledFacts: result.doubled,
    missed: faultsOf(result, MOST_MISSED_FRAC),
    ...measuredOn(),
    runs: 1,
  };
}

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly cameras: number;
  readonly isShort: boolean;
  readonly faults: readonly Fault[];
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
      minutes: { type: 'string', default: '10' },
      cameras: { type: 'string', default: '3' },
      short: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const [seed, minutes, cameras] = [Number(values.seed), Number(values.minutes), Number(values.cameras)];
  const kinds = values.short ? SHORT_FAULTS : ALL_FAULTS;
  const only = values.only?.split(',') ?? kinds.map(({ name }) => name);
  const faults = kinds.filter(({ name }) => only.includes(name));
  if (Number.isSafeInteger(seed) && minutes > 0 && cameras >= 1 && cameras <= 4 && faults.length === only.length) {
    return { seed, minutes, cameras, isShort: values.short, faults };
  }
  throw new AppError('input.invalid', `${USAGE}; faults: ${kinds.map(({ name }) => name).join(', ')}`);
}
