import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTestNats } from '#ops/testkit/nats.ts';
import { openTestPostgres } from '#ops/testkit/postgres.ts';
import { findNatsServer } from './nats.ts';

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

/** Starts a server from a process of its own, kills that process hard and tells whether the server went too. */
async function survivesItsParent(module: string, open: string): Promise<boolean> {
  const script = `import { ${open} } from '${module}'; const s = await ${open}(); console.log(s.pid, s.folder); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await new Promise<string>((resolve) =>
    parent.stdout.once('data', (data: Buffer) => {
      resolve(data.toString());
    }),
  );
  const [pid = '', folder = ''] = said.trim().split(' ');
  parent.kill('SIGKILL');
  const deadline = performance.now() + 5_000;
  while (existsSync(`/proc/${pid}`) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const alive = existsSync(`/proc/${pid}`);
  if (alive) process.kill(Number(pid), 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
  return alive;
}

describe('nats-server as a child', () => {
  it('comes back on the same port after kill -9 and keeps its password out of the arguments', async () => {
    const nats = await openTestNats();
    closing.push(() => nats.close());
    expect(readFileSync(`/proc/${String(nats.pid)}/cmdline`, 'utf8')).not.toContain(
      readFileSync(nats.passwordFile, 'utf8'),
    );
    await nats.kill();
    await nats.start();
    await nats.stop();
  });

  it('dies with a parent that is killed hard', async () => {
    expect(await survivesItsParent('#ops/testkit/nats.ts', 'openTestNats')).toBe(false);
  });

  it('says what to do when there is no such program', () => {
    expect(() => findNatsServer('/nonexistent/nats-server', '')).toThrow(/NATS_SERVER_BIN/);
  });
});

describe('PostgreSQL as a child', () => {
  it('starts again in its folder after a foreign process took the pid in postmaster.pid', async () => {
    const postgres = await openTestPostgres();
    closing.push(() => postgres.close());
    await postgres.stop();
    writeFileSync(join(postgres.folder, 'data', 'postmaster.pid'), `${String(process.pid)}\n`);
    await expect(postgres.start()).resolves.toBeUndefined();
  });

  it('dies with a parent that is killed hard', async () => {
    expect(await survivesItsParent('#ops/testkit/postgres.ts', 'openTestPostgres')).toBe(false);
  });
});
