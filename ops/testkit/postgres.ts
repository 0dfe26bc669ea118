import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Child } from '#ops/start/child.ts';
import { findPostgres } from '#ops/start/postgres-install.ts';
import { initPostgres, startPostgres } from '#ops/start/postgres.ts';
import { freePort } from '#ops/start/tcp.ts';

/** A private PostgreSQL for one test file; fsync off. Dies with the test. */
export interface TestPostgres {
  /** With the password in it. */
  readonly url: string;
  readonly folder: string;
  readonly pid: number;
  /** Same port, same data. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

export async function openTestPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-postgres-'));
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const options = {
    install: findPostgres(),
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'postgres.log'),
    port: await freePort(),
    user: 'footfall',
    passwordFile,
    durable: false,
  };
  await initPostgres(options);
  let child: Child = await startPostgres(options);
  return {
    url: `postgresql://footfall:${password}@127.0.0.1:${String(options.port)}/postgres`,
    folder,
    get pid() {
      return child.pid;
    },
    async start() {
      child = await startPostgres(options);
    },
    stop: () => child.stop(5_000),
    kill: () => child.kill(),
    async close() {
      await child.stop(5_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
