import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '#protocol/errors.ts';

/** Exclusive hold on a folder by one process. The kernel lets go of it however the process ends. */
export interface FolderLock {
  /** What the next one is told who finds the folder taken. */
  describe(holder: Readonly<Record<string, string | number>>): void;
  release(): void;
}

/**
 * Takes `<folder>/<name>.lock` (an SQLite file: its exclusive transaction is a file lock that dies with the process) or
 * throws AppError setup.data-in-use that says who holds it.
 */
export function lockFolder(folder: string, name: string): FolderLock {
  const holderFile = join(folder, `${name}.holder.json`);
  const database = new DatabaseSync(join(folder, `${name}.lock`));
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    const holder = readHolder(holderFile);
    throw new AppError(
      'setup.data-in-use',
      `${folder} is in use${holder}: stop that one first, or set FOOTFALL_DATA to another folder`,
      { cause },
    );
  }
  const describe: FolderLock['describe'] = (holder) => {
    writeFileSync(holderFile, JSON.stringify({ pid: process.pid, ...holder }));
  };
  describe({});
  return {
    describe,
    release() {
      rmSync(holderFile, { force: true });
      database.close();
    },
  };
}

function readHolder(file: string): string {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; url?: string };
    return ` by process ${String(holder.pid)}${holder.url === undefined ? '' : ` (${holder.url})`}`;
  } catch {
    return ''; // The holder is about to write it.
  }
}
