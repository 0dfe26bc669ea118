import { readdirSync, readFileSync } from 'node:fs';

/** Of the kernel's clock that accounts CPU: a hundredth of a second on every Linux there is. */
const MS_PER_TICK = 10;

/** Milliseconds of CPU a process has used, all its threads and its children that ended. */
export function cpuMsOf(pid: number): number {
  return ticksIn(`/proc/${String(pid)}/stat`) * MS_PER_TICK;
}

/** The same by thread name; threads that ended are left out. */
export function cpuMsByThread(pid: number): Map<string, number> {
  const folder = `/proc/${String(pid)}/task`;
  const byName = new Map<string, number>();
  for (const thread of readdirSync(folder)) {
    const name = readFileSync(`${folder}/${thread}/comm`, 'utf8').trim();
    byName.set(name, (byName.get(name) ?? 0) + ticksIn(`${folder}/${thread}/stat`) * MS_PER_TICK);
  }
  return byName;
}

/** utime and stime, the 14th and 15th field; the 2nd may hold spaces (proc_pid_stat(5)). */
function ticksIn(path: string): number {
  const stat = readFileSync(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
