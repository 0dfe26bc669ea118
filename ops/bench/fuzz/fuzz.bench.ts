import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { say } from '#ops/setup/step.ts';
import type { BenchResult } from '../bench-result.ts';
import { fuzz } from './fuzz-run.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { TARGETS } from './targets.ts';

const INPUTS = 1_000_000;
const MAX_SEED = 1e9;

/** A million wrong inputs for each parser; `--seed` repeats a run, `--target` runs one. `missed` names those that did harm. */
export function run(args: readonly string[] = []): Promise<BenchResult> {
  const { targets, seed, inputs } = optionsOf(args);
  say(`seed ${String(seed)}`);
  const reports = targets.map((target) => {
    const report = fuzz(target, { seed, inputs });
    const figures = `${String(report.inputs)} inputs, slowest ${report.slowestMs.toFixed(0)} ms`;
    say(`${report.harms.length === 0 ? ' ' : '!'} ${report.target.padEnd(14)} ${figures}`);
    for (const harm of report.harms) say(harm);
    return report;
  });
  return Promise.resolve({
    targets: reports.map(({ harms, slowestMs, heapGrowthBytes, ...report }) => ({
      ...report,
      slowestMs: Math.round(slowestMs),
      heapGrowthMiB: Math.round((heapGrowthBytes / 2 ** 20) * 10) / 10,
      harms: harms.length,
    })),
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    missed: reports.filter(({ harms }) => harms.length > 0).map(({ target }) => target),
    seed,
    ...measuredOn(),
    runs: 1,
  });
}

function optionsOf(args: readonly string[]): { targets: readonly FuzzTarget[]; seed: number; inputs: number } {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { target: text, seed: text, inputs: text } });
  const targets = TARGETS.filter(({ name }) => name === (values.target ?? name));
  if (targets.length === 0) {
    const names = TARGETS.map(({ name }) => name).join(', ');
    throw new AppError('input.invalid', `there is no target "${values.target ?? ''}": choose from ${names}`);
  }
  return {
    targets,
    seed: wholeNumber('seed', values.seed) ?? Math.floor(Math.random() * MAX_SEED),
    inputs: wholeNumber('inputs', values.inputs) ?? INPUTS,
  };
}

function wholeNumber(name: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0 && number <= MAX_SEED) return number;
  throw new AppError('input.invalid', `--${name} must be a whole number up to ${String(MAX_SEED)}`);
}
