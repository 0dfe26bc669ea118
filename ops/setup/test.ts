import { spawn } from 'node:child_process';
import { readEnv } from '#ops/runtime/env.ts';
import { mediasoupWorkerBin, projectRoot } from '#ops/runtime/paths.ts';
import { runSteps, say } from './step.ts';
import { testSteps } from './steps.ts';

const PROJECTS = ['unit', 'integration', 'e2e'];

/** `test [unit|integration|e2e ...] [vitest options]`: all projects when none is named. */
export async function test(args: readonly string[]): Promise<number> {
  const env = readEnv();
  const named = args.filter((arg) => PROJECTS.includes(arg));
  const others = args.filter((arg) => !PROJECTS.includes(arg) && arg !== '--');
  const projects = named.length === 0 ? PROJECTS : named;
  if (projects.some((project) => project !== 'unit')) await runSteps(testSteps(env));
  const withoutMediasoup = mediasoupWorkerBin(env) === null;
  const status = await runVitest(['run', ...projects.flatMap((project) => ['--project', project]), ...others]);
  if (withoutMediasoup) {
    say('not tested: the mediasoup relay, because there is no worker for it; `npm run setup -- mediasoup` gets it');
  }
  return status;
}

function runVitest(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const vitest = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...args], {
      cwd: projectRoot,
      stdio: 'inherit',
    });
    vitest.on('error', reject);
    vitest.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
