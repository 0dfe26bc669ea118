import { spawn } from 'node:child_process';
import { projectRoot } from '#ops/runtime/paths.ts';
import { runSteps, say } from './step.ts';
import { checkSteps } from './steps.ts';

const NODE = process.execPath;

/** Each check and the command anyone can run by hand. All run, so that one call shows every fault. */
const CHECKS: readonly { name: string; args: readonly string[] }[] = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'] },
  {
    name: 'svelte',
    args: ['node_modules/svelte-check/bin/svelte-check', '--tsconfig', 'web/tsconfig.json', '--fail-on-warnings'],
  },
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'] },
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn'] },
  { name: 'imports', args: ['ops/setup/check-imports.ts'] },
];

/** `check`: 0 when everything passes, 1 otherwise. */
export async function check(): Promise<number> {
  await runSteps(checkSteps());
  const failed: string[] = [];
  for (const { name, args } of CHECKS) {
    say(`check ${name}`);
    if ((await run(args)) !== 0) failed.push(name);
  }
  say(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(NODE, args, { cwd: projectRoot, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
