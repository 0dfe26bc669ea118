import { AppError } from '#protocol/errors.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { runSteps, say } from './step.ts';
import { namedSteps } from './steps.ts';

/** `setup [NAME ...]`: runs the named groups of steps; `start` when none is named. */
export async function setup(names: readonly string[]): Promise<number> {
  const groups = namedSteps(readEnv());
  const wanted = names.length === 0 ? ['start'] : names;
  const unknown = wanted.filter((name) => !(name in groups));
  if (unknown.length > 0) {
    throw new AppError(
      'input.invalid',
      `there is nothing called ${unknown.join(', ')} to set up: choose from ${Object.keys(groups).join(', ')}`,
    );
  }
  for (const name of wanted) await runSteps(groups[name] ?? []);
  say(`set up: ${wanted.join(', ')}`);
  return 0;
}
