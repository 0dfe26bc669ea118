import { spawn } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { startChild, SYSTEM_PATH, untilReady, type Child } from './child.ts';
import { answers } from './tcp.ts';
import { demotion, type Demotion, type PostgresInstall } from './postgres-install.ts';

/** Recovery after a power cut replays at most a few minutes of log. */
const START_LIMIT_MS = 60_000;
const ORPHAN_LIMIT_MS = 15_000;

export interface PostgresOptions {
  readonly install: PostgresInstall;
  /** PGDATA; its parent must exist. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly port: number;
  /** The superuser, made by `initPostgres`. Connect with the password in `passwordFile` (scram-sha-256). */
  readonly user: string;
  readonly passwordFile: string;
  /** false only in tests: nothing survives a power cut then. */
  readonly durable: boolean;
}

export function isInitialised(dataDir: string): boolean {
  return existsSync(join(dataDir, 'PG_VERSION'));
}

/** Makes the data folder; beside it first, then renamed, so that an interrupted run leaves nothing half made. */
export async function initPostgres(options: PostgresOptions): Promise<void> {
  const as = demotion();
  const fresh = `${options.dataDir}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  const passwordCopy = `${fresh}.password`;
  copyFileSync(options.passwordFile, passwordCopy);
  giveAway(as, fresh, passwordCopy);
  try {
    await runInitdb(as, options, [
      ...['-D', fresh, '-U', options.user, `--pwfile=${passwordCopy}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--no-locale', '--no-instructions', ...(options.durable ? [] : ['--no-sync'])],
    ]);
  } finally {
    rmSync(passwordCopy, { force: true });
  }
  renameSync(fresh, options.dataDir);
}

function giveAway(as: Demotion, ...paths: string[]): void {
  if (as.chownTo === null) return;
  for (const path of paths) chownSync(path, as.chownTo, as.chownTo);
}

function runInitdb(as: Demotion, options: PostgresOptions, args: string[]): Promise<void> {
  const [program = options.install.initdb, ...rest] = [...as.wrapper, options.install.initdb, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: SYSTEM_PATH } });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new AppError('internal', `initdb ended with exit code ${String(code)}: ${said.trim()}`));
    });
  });
}

/**
 * Runs PostgreSQL on 127.0.0.1 only, no unix socket, output to the log file. Resolves when it takes queries. Ends in order
 * with this process, also when that is killed hard. The caller holds the lock on the data folder.
 */
export async function startPostgres(options: PostgresOptions): Promise<Child> {
  await endOrphan(options.dataDir);
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    max_connections: '40',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    ...(options.durable ? {} : { fsync: 'off', full_page_writes: 'off', shared_buffers: '32MB' }),
  };
  const child = startChild({
    name: 'PostgreSQL',
    binary: options.install.postgres,
    args: ['-D', options.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    logFile: options.logFile,
    stopSignal: 'SIGINT',
    lastSignal: 'SIGQUIT',
    deathSignal: 'INT',
    wrapper: demotion().wrapper,
    cwd: dirname(options.dataDir),
  });
  await untilReady(child, options.logFile, START_LIMIT_MS, () => takesQueries(options));
  return child;
}

/** A start-up message for protocol 3.0: a server that is ready answers `R` (authenticate), one that is not answers `E`. */
async function takesQueries(options: PostgresOptions): Promise<boolean> {
  const text = Buffer.from(`user\0${options.user}\0database\0postgres\0\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(text.length + 8, 0);
  head.writeUInt32BE(0x00030000, 4);
  return answers(options.port, Buffer.concat([head, text]), (first) => first[0] === 0x52);
}

/**
 * What postmaster.pid names may be a server of an earlier launcher that is still closing (waited for), or, after a restart
 * of the machine or container, any other program (PostgreSQL would refuse to start: the file is removed).
 */
async function endOrphan(dataDir: string): Promise<void> {
  const lock = join(dataDir, 'postmaster.pid');
  const deadline = performance.now() + ORPHAN_LIMIT_MS;
  for (;;) {
    if (!existsSync(lock)) return;
    const pid = Number(readFileSync(lock, 'utf8').split('\n', 1)[0]);
    if (!Number.isInteger(pid) || !isPostgresOf(pid, dataDir)) {
      rmSync(lock, { force: true });
      return;
    }
    if (performance.now() > deadline) {
      throw new AppError('setup.data-in-use', `another PostgreSQL (process ${String(pid)}) runs in ${dataDir}: end it`);
    }
    process.kill(pid, 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** PostgreSQL's working folder is its data folder. */
function isPostgresOf(pid: number, dataDir: string): boolean {
  try {
    return readlinkSync(`/proc/${String(pid)}/cwd`) === realpathSync(dataDir);
  } catch {
    return false;
  }
}
