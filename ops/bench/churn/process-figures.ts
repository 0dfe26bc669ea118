import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What Linux says of a process in /proc. */

/** Resident bytes; null: it has ended. */
export function residentBytes(pid: number): number | null {
  const status = read(`/proc/${String(pid)}/status`);
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Open sockets, of every kind. */
export function openSockets(pid: number): number {
  const folder = `/proc/${String(pid)}/fd`;
  return list(folder).filter((fd) => link(`${folder}/${fd}`)?.startsWith('socket:') === true).length;
}

export interface Process {
  readonly pid: number;
  readonly name: string;
  readonly isZombie: boolean;
}

/** A process and all it has started, and what those have started. */
export function processTree(root: number): Process[] {
  const all = list('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => parse(Number(entry)));
  const grow = (pid: number): Process[] => [
    ...all.filter((process) => process.pid === pid),
    ...all.filter(({ parent }) => parent === pid).flatMap((child) => grow(child.pid)),
  ];
  return grow(root);
}

/** proc(5): `pid (name) state parent …`; the name may hold anything. */
function parse(pid: number): (Process & { readonly parent: number })[] {
  const stat = read(`/proc/${String(pid)}/stat`);
  const [, name, state, parent] = /^\d+ \(([^]*)\) (\S) (\d+)/.exec(stat ?? '') ?? [];
  return name === undefined ? [] : [{ pid, name, isZombie: state === 'Z', parent: Number(parent) }];
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // It has ended meanwhile.
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function link(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
