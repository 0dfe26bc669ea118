import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnv } from '#ops/runtime/env.ts';
import { mediasoupWorkerBin, projectRoot } from '#ops/runtime/paths.ts';
import { runSteps, say } from './step.ts';
import { testSteps } from './steps.ts';

const PROJECTS: readonly string[] = ['unit', 'integration', 'e2e'];

interface Outcome {
  readonly status: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `test [unit|integration|e2e ...] [vitest options]`: all projects when none is named. */
export async function test(args: readonly string[]): Promise<number> {
  const env = readEnv();
  const named = args.filter((arg) => PROJECTS.includes(arg));
  const options = args.filter((arg) => !PROJECTS.includes(arg) && arg !== '--');
  const wanted = named.length === 0 ? PROJECTS : named;
  if (wanted.some((project) => project !== 'unit')) await runSteps(testSteps(env));
  const { status, passed, failed, skipped } = await runVitest(wanted, options);
  if (mediasoupWorkerBin(env) === null && wanted.some((project) => project !== 'unit')) {
    say('not tested: the mediasoup relay, because there is no worker for it; `npm run setup -- mediasoup` gets it');
  }
  process.stdout.write(`${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped\n`);
  return status === 0 ? 0 : 1;
}

async function runVitest(projects: readonly string[], options: readonly string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-test-'));
  const report = join(folder, 'report.json');
  const args = [
    ...['node_modules/vitest/vitest.mjs', 'run', ...projects.flatMap((project) => ['--project', project])],
    ...['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${report}`, ...options],
  ];
  try {
    const status = await new Promise<number>((resolve, reject) => {
      const vitest = spawn(process.execPath, args, { cwd: projectRoot, stdio: 'inherit' });
      vitest.on('error', reject);
      vitest.on('close', (code) => {
        resolve(code ?? 1);
      });
    });
    return { status, ...countsIn(report) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countsIn(report: string): Omit<Outcome, 'status'> {
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    const of = (name: string): number => counts[name] ?? 0;
    return { passed: of('numPassedTests'), failed: of('numFailedTests'), skipped: of('numPendingTests') };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }; // vitest ended before it could report; its status says so.
  }
}
