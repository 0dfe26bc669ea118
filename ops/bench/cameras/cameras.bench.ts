import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { startSteps } from '#ops/setup/steps.ts';
import type { BenchResult } from '../bench-result.ts';
import { LOOPS, openLoop } from './loops.ts';
import { measure, type CamerasRow } from './measure.ts';

/**
 * Many cameras end to end: N simulated sub-streams (640x360, 10 a second, 2 s between key frames, in processes of their own)
 * into the whole product. A fifth of them show people all the time, the others empty places with sensor noise, drifting
 * light and a clock. What the worker spends is compared with what decoding and detecting alone take for the same pictures.
 * `--cameras 10,25,50,100` `--minutes 10`.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const { counts, minutes } = readOptions(args);
  const env = readEnv();
  await runSteps(startSteps(env));
  const cacheDir = join(env.cacheDir, 'bench-cameras');
  for (const spec of LOOPS) await openLoop(spec, cacheDir);
  say('scenes are rendered');
  const rows: CamerasRow[] = [];
  for (const count of counts) rows.push(await measure(count, minutes, cacheDir));
  const met = rows.filter(({ missed }) => missed.length === 0).map(({ cameras }) => cameras);
  return { ...rows.at(-1), largestThatMeetsAll: Math.max(0, ...met), rows, ...measuredOn(), runs: 1 };
}

function readOptions(args: readonly string[]): { counts: number[]; minutes: number } {
  const { values } = parseArgs({
    args: [...args],
    options: { cameras: { type: 'string', default: '10,25,50,100' }, minutes: { type: 'string', default: '10' } },
  });
  const counts = values.cameras.split(',').map(Number);
  const minutes = Number(values.minutes);
  if (counts.every((count) => Number.isSafeInteger(count) && count > 0) && minutes > 0) return { counts, minutes };
  throw new AppError('input.invalid', 'bench cameras --cameras 10,25,50,100 --minutes 10');
}
