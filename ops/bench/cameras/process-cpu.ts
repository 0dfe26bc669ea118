import { readdirSync, readFileSync } from 'node:fs';

/** Of the kernel's clock that accounts CPU: a hundredth of a second on every Linux there is. */
const MS_PER_TICK = 10;

/** Milliseconds of CPU a process has used, all its threads; children that ended, and were waited for, only on demand. */
export function cpuMsOf(pid: number, whose: 'its own' | 'with ended children' = 'its own'): number {
  return ticksIn(`/proc/${String(pid)}/stat`, whose === 'its own' ? 2 : 4) * MS_PER_TICK;
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

/** utime and stime, the 14th and 15th field, then those of ended children; the 2nd may hold spaces (proc_pid_stat(5)). */
function ticksIn(path: string, fields = 2): number {
  const stat = readFileSync(path, 'utf8');
  const all = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return all.slice(11, 11 + fields).reduce((sum, ticks) => sum + Number(ticks), 0);
}
