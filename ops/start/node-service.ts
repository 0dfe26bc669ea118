import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { AppError } from '#protocol/errors.ts';
import { childEnv } from '#ops/runtime/env.ts';
import { projectRoot } from '#ops/runtime/paths.ts';
import type { RunningService, Service } from './service.ts';

export interface NodeServiceOptions {
  readonly name: string;
  /** Entry file, from the project's root. */
  readonly entry: string;
  readonly args?: () => readonly string[];
  /** Added to the launcher's own environment. Paths of secrets, never secrets. */
  readonly env: () => Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly readyLimitMs: number;
  /** Gets the JSON line that the process prints on stdout once it serves. */
  readonly onReady?: (line: Record<string, unknown>) => void;
}

/**
 * One of our own Node processes. It prints one JSON line on stdout when it serves; its log (stderr) goes to a file. It runs
 * in a session of its own, so that Ctrl-C reaches the launcher alone, and the kernel ends it with the launcher (pdeathsig),
 * also on kill -9.
 */
export function nodeService(options: NodeServiceOptions): Service {
  return {
    name: options.name,
    start: () =>
      new Promise<RunningService>((resolve, reject) => {
        const node = [
          process.execPath,
          '--disable-warning=ExperimentalWarning',
          options.entry,
          ...(options.args?.() ?? []),
        ];
        const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...node], {
          cwd: projectRoot,
          env: childEnv(options.env()),
          stdio: ['ignore', 'pipe', 'pipe'],
          detached: true,
        });
        const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
        log.on('error', () => child.stderr.resume()); // A full disk must not stop the process that writes the log.
        child.stderr.pipe(log);
        let lastWords = '';
        child.stderr.on('data', (chunk: Buffer) => {
          lastWords = (lastWords + chunk.toString()).slice(-2000);
        });

        const exited = new Promise<string>((done) => {
          child.on('error', (error) => {
            done(`could not be started: ${error.message}`);
          });
          child.on('close', (code, signal) => {
            done(signal === null ? `ended with status ${String(code)}` : `was ended by ${signal}`);
          });
        });
        const late = setTimeout(() => {
          child.kill('SIGKILL');
          reject(
            new AppError(
              'internal',
              `${options.name} did not serve within ${String(options.readyLimitMs / 1000)} s: see ${options.logFile}`,
            ),
          );
        }, options.readyLimitMs);
        void exited.then((how) => {
          clearTimeout(late);
          reject(new AppError('internal', `${options.name} ${how}: see ${options.logFile}${finalError(lastWords)}`));
        });
        createInterface({ input: child.stdout }).on('line', (line) => {
          const message = parseLine(line);
          if (message === null) return;
          clearTimeout(late);
          options.onReady?.(message);
          resolve({ pid: child.pid ?? 0, exited, stop: (limitMs) => stop(child, exited, limitMs) });
        });
      }),
  };
}

async function stop(child: ReturnType<typeof spawn>, exited: Promise<string>, limitMs: number): Promise<void> {
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), limitMs);
  await exited;
  clearTimeout(insist);
}

function parseLine(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // Something a library printed.
  }
}

/** The message of the last error line in a JSON log, to save the reader a look into the file. */
function finalError(log: string): string {
  for (const line of log.trim().split('\n').reverse()) {
    const entry = parseLine(line) as { level?: string; error?: { message?: string } } | null;
    if ((entry?.level === 'error' || entry?.level === 'fatal') && entry.error?.message !== undefined)
      return ` (${entry.error.message})`;
  }
  return '';
}
