import { spawn } from 'node:child_process';
import { AppError } from '#protocol/errors.ts';
import { childEnv } from '#ops/runtime/env.ts';

/** One thing a machine needs. Steps are idempotent: `ready` says whether anything is left to do. */
export interface SetupStep {
  readonly name: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  ready(): Promise<boolean> | boolean;
  run(): Promise<void>;
}

/** Runs the steps that are not ready, one line each; the first failure ends it. */
export async function runSteps(steps: readonly SetupStep[]): Promise<void> {
  for (const step of steps) {
    if (await step.ready()) continue;
    say(`setting up ${step.name} (${step.purpose})`);
    const startedAt = performance.now();
    await step.run();
    say(`${step.name} is ready after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  }
}

/** Progress for people; results alone go to stdout. */
export function say(line: string): void {
  process.stderr.write(`footfall: ${line}\n`);
}

/** Runs a command with its output on stderr. Rejects with setup.missing that shows the command to run by hand. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; quiet?: boolean; env?: Record<string, string> } = {},
): Promise<void> {
  const shownCommand = [command, ...args].join(' ');
  const output: string[] = [];
  const status = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: childEnv(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output.push(chunk.toString());
        if (output.length > 200) output.shift();
        if (options.quiet !== true) process.stderr.write(chunk);
      });
    }
    child.on('error', reject);
    child.on('close', resolve);
  }).catch((cause: unknown) => {
    throw new AppError('setup.missing', `cannot run ${shownCommand}`, { cause });
  });
  if (status === 0) return;
  const tail = output.join('').trim().split('\n').slice(-12).join('\n');
  throw new AppError(
    'setup.missing',
    `this command ended with status ${String(status)}; run it by hand to see why: ${shownCommand}\n${tail}`,
  );
}
