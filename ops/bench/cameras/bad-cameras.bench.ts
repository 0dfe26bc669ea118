import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { startSteps } from '#ops/setup/steps.ts';
import type { BenchResult } from '../bench-result.ts';
import { percentile } from '../percentile.ts';
import { lineUp, WatchedFarm } from './watched-farm.ts';

const CAMERAS = 20;
/** What goes wrong, each with a camera of its own. */
const FAULTS = ['offline', 'freeze', 'garbage'] as const;
const WARM_UP_MS = 30_000;
/** After a change: what it sets off is over, or under way. */
const SETTLES_MS = 10_000;
const MOST_RATIO = 1.1;

interface Stretch {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly ages: readonly number[];
}

/**
 * One dead, one frozen and one garbage-sending camera among twenty with people: how old the boxes of the other seventeen are
 * with them and without, turn and turn about, so that what else the machine does falls on both. `--rounds 4` `--seconds 30`.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const { rounds, seconds } = readOptions(args);
  const env = readEnv();
  await runSteps(startSteps(env));
  const cameras = lineUp(CAMERAS, CAMERAS);
  const watched = await WatchedFarm.open(cameras, join(env.cacheDir, 'bench-cameras'));
  const bad = cameras.slice(0, FAULTS.length).map(({ name }) => name);
  const others = watched.ids.slice(FAULTS.length);
  const [healthy, troubled]: [Stretch[], Stretch[]] = [[], []];
  try {
    await sleep(WARM_UP_MS);
    for (let round = 1; round <= rounds; round += 1) {
      healthy.push(await listen(watched, others, seconds));
      for (const [i, camera] of bad.entries()) watched.farm.setFault(camera, { kind: FAULTS[i] ?? 'freeze' });
      await sleep(SETTLES_MS);
      troubled.push(await listen(watched, others, seconds));
      for (const camera of bad) watched.farm.setFault(camera, null);
      await sleep(SETTLES_MS);
      say(
        `round ${String(round)} of ${String(rounds)}: ${told(healthy.at(-1))}, ${told(troubled.at(-1))} with bad cameras`,
      );
    }
  } finally {
    await watched.close();
  }
  const [healthyP95Ms, troubledP95Ms] = [healthy, troubled].map((all) => overall(all));
  const ratio = healthyP95Ms && troubledP95Ms ? Number((troubledP95Ms / healthyP95Ms).toFixed(3)) : null;
  return {
    healthyP95Ms,
    troubledP95Ms,
    ratio,
    rounds: healthy.map(({ p50Ms, p95Ms }, i) => ({
      healthyP50Ms: p50Ms,
      healthyP95Ms: p95Ms,
      troubledP50Ms: troubled[i]?.p50Ms,
      troubledP95Ms: troubled[i]?.p95Ms,
    })),
    samples: [...healthy, ...troubled].reduce((sum, { ages }) => sum + ages.length, 0),
    missed: ratio === null || ratio >= MOST_RATIO ? ['ratio'] : [],
    ...measuredOn(),
    runs: 1,
  };
}

async function listen({ observer }: WatchedFarm, cameras: readonly string[], seconds: number): Promise<Stretch> {
  observer.forgetBoxes();
  await sleep(seconds * 1000);
  const ages = observer.boxAges(cameras);
  return { p50Ms: percentile(ages, 0.5), p95Ms: percentile(ages, 0.95), ages };
}

function overall(stretches: readonly Stretch[]): number | null {
  return percentile(
    stretches.flatMap(({ ages }) => ages),
    0.95,
  );
}

function told(stretch: Stretch | undefined): string {
  return `p95 ${String(stretch?.p95Ms)} ms`;
}

function readOptions(args: readonly string[]): { rounds: number; seconds: number } {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '4' }, seconds: { type: 'string', default: '30' } },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (Number.isSafeInteger(rounds) && rounds > 0 && seconds > 0) return { rounds, seconds };
  throw new AppError('input.invalid', 'bench bad-cameras --rounds 4 --seconds 30');
}
