import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { projectRoot } from '#ops/runtime/paths.ts';

export interface MeasuredOn {
  readonly machine: string;
  readonly cores: number;
  /** Null outside a git checkout. */
  readonly commit: string | null;
}

/** What every printed figure carries: it means something on this machine and at this commit only. */
export function measuredOn(): MeasuredOn {
  return {
    machine: `${cpus()[0]?.model ?? process.arch} ${process.platform}`,
    cores: availableParallelism(),
    commit: commit(),
  };
}

function commit(): string | null {
  try {
    const args = ['describe', '--always', '--dirty', '--exclude=*'];
    return execFileSync('git', args, {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
