import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import type { Child } from '#ops/start/child.ts';
import { findNatsServer, startNats } from '#ops/start/nats.ts';
import { freePort } from '#ops/start/tcp.ts';
import { readEnv } from '#ops/runtime/env.ts';

/** A private nats-server with JetStream for one test file. Dies with the test. */
export interface TestNats {
  readonly url: string;
  readonly user: string;
  readonly passwordFile: string;
  readonly folder: string;
  readonly pid: number;
  /** Of nats-server's own figures (`/varz`). */
  readonly monitorUrl: string;
  /** Same port, same store. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Only while stopped: copies the store aside, and puts that copy back (a restored backup) but for consumers' positions. */
  saveStore(): void;
  restoreStore(): void;
  /** Only while stopped: as if the disk was lost. */
  wipeStore(): void;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

export async function openTestNats(): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-nats-'));
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'not a secret', { mode: 0o600 });
  const dataDir = join(folder, 'nats');
  const store = join(dataDir, 'store');
  const saved = join(folder, 'saved-store');
  const options = {
    binary: findNatsServer(readEnv().natsServerBin, readEnv().path),
    dataDir,
    logFile: join(folder, 'nats.log'),
    port: await freePort(),
    monitorPort: await freePort(),
    user: 'footfall',
    passwordFile,
  };
  let child: Child = await startNats(options);
  return {
    url: `nats://127.0.0.1:${String(options.port)}`,
    user: options.user,
    passwordFile,
    folder,
    monitorUrl: `http://127.0.0.1:${String(options.monitorPort)}`,
    get pid() {
      return child.pid;
    },
    async start() {
      child = await startNats(options);
    },
    stop: () => child.stop(5_000),
    kill: () => child.kill(),
    saveStore() {
      rmSync(saved, { recursive: true, force: true });
      cpSync(store, saved, { recursive: true });
    },
    restoreStore() {
      const positions = (path: string): boolean => path.split(sep).includes('obs');
      const newer = join(folder, 'newer-store');
      cpSync(store, newer, { recursive: true });
      rmSync(store, { recursive: true, force: true });
      cpSync(saved, store, { recursive: true, filter: (path) => !positions(path) });
      for (const path of readdirSync(newer, { recursive: true, encoding: 'utf8' })) {
        if (path.endsWith(`${sep}obs`)) cpSync(join(newer, path), join(store, path), { recursive: true });
      }
      rmSync(newer, { recursive: true, force: true });
    },
    wipeStore() {
      rmSync(store, { recursive: true, force: true });
    },
    async close() {
      await child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
