import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childEnv } from '#ops/runtime/env.ts';
import { openTestNats } from './nats.ts';

const PROGRAM = fileURLToPath(new URL('whep-server-process.ts', import.meta.url));

/** A web server in front of a relay, in a process of its own, with the cameras `hall` and `door`. */
export interface WhepServer {
  readonly url: string;
  readonly relay: 'mediasoup' | 'werift';
  close(): Promise<void>;
}

/** `settings`: the product's own, by environment. Rejects if it ends before it serves. */
export async function startWhepServer(settings: Readonly<Record<string, string>> = {}): Promise<WhepServer> {
  const nats = await openTestNats();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], {
    env: childEnv({ NATS_URL: nats.url, NATS_USER: nats.user, NATS_PASSWORD_FILE: nats.passwordFile, ...settings }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const close = async (): Promise<void> => {
    child.stdin.end();
    const insist = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(insist);
    await nats.close();
  };
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => null)]);
  if (line === null) {
    await close();
    throw new Error('the WHEP server ended before it served');
  }
  const { port, relay } = JSON.parse(String(line[0])) as { port: number; relay: WhepServer['relay'] };
  return { url: `http://127.0.0.1:${String(port)}`, relay, close };
}
