import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { AppError } from '#protocol/errors.ts';
import { findProgram } from '#ops/runtime/paths.ts';
import type { RunningService } from './service.ts';

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** A server (not ours, native) that the launcher or a test started. */
export interface Child extends RunningService {
  readonly name: string;
  readonly running: boolean;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  /** Its output is appended here. */
  readonly logFile: string;
  readonly stopSignal: NodeJS.Signals;
  /** Sent when `stopSignal` did not end it in time. */
  readonly lastSignal: NodeJS.Signals;
  /** Sent by the kernel when this process dies, also by kill -9. */
  readonly deathSignal: 'INT' | 'TERM' | 'KILL';
  /** Words before the command, e.g. a change of user. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Where a distribution keeps its programs, for the few tools (setpriv, unshare) that start-up itself needs. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * `setpriv` goes last before the program: a change of user or namespace after it would clear the death signal. Where there is no
 * setpriv the child outlives a launcher that is killed hard; the next start then finds and ends it.
 */
export function startChild(options: ChildOptions): Child {
  const setpriv = findProgram('setpriv', SYSTEM_PATH);
  const dying = setpriv === null ? [] : [setpriv, '--pdeathsig', options.deathSignal, '--'];
  const [program = options.binary, ...args] = [...(options.wrapper ?? []), ...dying, options.binary, ...options.args];
  keepLogSmall(options.logFile);
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    env: { PATH: SYSTEM_PATH, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(log);

  let running = true;
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      running = false;
      resolve(`could not be started: ${error.message}`);
    });
    child.once('exit', (code, signal) => {
      running = false;
      resolve(signal === null ? `ended with status ${String(code)}` : `was ended by ${signal}`);
    });
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (running) child.kill(signal);
    await exited;
  };
  return {
    name: options.name,
    pid: child.pid ?? -1,
    exited,
    get running() {
      return running;
    },
    async stop(limitMs) {
      const insist = setTimeout(() => {
        if (running) child.kill(options.lastSignal);
      }, limitMs);
      await end(options.stopSignal);
      clearTimeout(insist);
    },
    kill: () => end('SIGKILL'),
  };
}

/** Waits until `probe` is true; throws `internal` with the log's last lines when the child ends or the time is up. */
export async function untilReady(
  child: Child,
  logFile: string,
  limitMs: number,
  probe: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (child.running) {
    if (await probe()) return;
    if (performance.now() > deadline) {
      await child.kill();
      throw new AppError(
        'internal',
        `${child.name} did not answer within ${String(limitMs)} ms: ${lastLines(logFile)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new AppError('internal', `${child.name} ended at start (${await child.exited}): ${lastLines(logFile)}`);
}

function lastLines(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join(' | ');
  } catch {
    return `nothing in ${logFile}`;
  }
}

/** One older log is kept; called before each start. */
function keepLogSmall(logFile: string): void {
  try {
    if (statSync(logFile).size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
  } catch {
    // There is none yet.
  }
}
