import { execFileSync } from 'node:child_process';
import { findProgram } from '#ops/runtime/paths.ts';

/** Of the private range; nobody outside the namespace sees it. */
export const NAMESPACE_ADDRESS = '10.77.0.1';

export interface Namespace {
  /** Put before a command, it runs inside. */
  readonly prefix: readonly string[];
  close(): void;
}

/**
 * A network of our own with one address that is not loopback, which Janus's ICE library would ignore. Packets to it stay
 * in the kernel as they do on loopback. Null where it may not be made, which takes root.
 */
export function openNamespace(path: string): Namespace | null {
  const ip = findProgram('ip', path);
  if (ip === null) return null;
  const name = `footfall-bench-${String(process.pid)}`;
  const run = (...args: string[]): void => {
    execFileSync(ip, args, { stdio: 'ignore' });
  };
  const close = (): void => {
    run('netns', 'del', name);
  };
  try {
    run('netns', 'add', name);
  } catch {
    return null;
  }
  try {
    run('-n', name, 'link', 'set', 'lo', 'up');
    run('-n', name, 'link', 'add', 'inside', 'type', 'veth', 'peer', 'name', 'outside');
    run('-n', name, 'addr', 'add', `${NAMESPACE_ADDRESS}/24`, 'dev', 'inside');
    run('-n', name, 'link', 'set', 'inside', 'up');
    run('-n', name, 'link', 'set', 'outside', 'up');
    return { prefix: [ip, 'netns', 'exec', name], close };
  } catch (error) {
    close();
    throw error;
  }
}
