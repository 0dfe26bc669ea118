import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, untilReady } from '#ops/start/child.ts';
import { answers, freePort } from '#ops/start/tcp.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { findProgram } from '#ops/runtime/paths.ts';

/** STUN (RFC 8489): a Binding request without attributes, and the type of its success response. */
const BINDING_REQUEST = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
const BINDING_SUCCESS = 0x0101;
const START_LIMIT_MS = 20_000;

/** coturn on loopback, as `use-auth-secret` has it. */
export interface TestTurn {
  readonly port: number;
  readonly secretFile: string;
  close(): Promise<void>;
}

/** null: there is none on this machine. */
export function findTurnServer(): string | null {
  return findProgram('turnserver', readEnv().path);
}

export async function openTestTurn(binary: string): Promise<TestTurn> {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-turn-'));
  const [settings, secretFile, logFile] = ['turn.conf', 'turn.secret', 'turn.log'].map((name) => join(folder, name));
  if (settings === undefined || secretFile === undefined || logFile === undefined) throw new Error('no file names');
  const port = await freePort();
  const secret = 'not a secret';
  writeFileSync(secretFile, `${secret}\n`, { mode: 0o600 });
  const lines = [
    'listening-ip=127.0.0.1',
    `listening-port=${String(port)}`,
    'relay-ip=127.0.0.1',
    'realm=footfall.test',
    'use-auth-secret',
    `static-auth-secret=${secret}`,
    'allow-loopback-peers',
    'no-cli',
    'no-tls',
    'no-dtls',
    'log-file=stdout',
    `pidfile=${join(folder, 'turn.pid')}`,
    `userdb=${join(folder, 'turn.db')}`,
  ];
  writeFileSync(settings, `${lines.join('\n')}\n`, { mode: 0o600 });
  const child = startChild({
    name: 'turnserver',
    binary,
    args: ['-c', settings],
    logFile,
    stopSignal: 'SIGTERM',
    lastSignal: 'SIGKILL',
    deathSignal: 'KILL',
    cwd: folder,
  });
  const isUp = (): Promise<boolean> =>
    answers(port, BINDING_REQUEST, (first) => first.readUInt16BE(0) === BINDING_SUCCESS);
  await untilReady(child, logFile, START_LIMIT_MS, isUp);
  return {
    port,
    secretFile,
    async close() {
      await child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
