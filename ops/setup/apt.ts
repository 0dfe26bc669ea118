import { existsSync } from 'node:fs';
import { AppError } from '#protocol/errors.ts';
import { findProgram } from '#ops/runtime/paths.ts';
import { runCommand, say } from './step.ts';

/**
 * Installs Debian packages, showing the exact command before it uses root. Elsewhere, or without root and sudo, rejects
 * with one line: what is missing, the command, the variable that points at your own. `stopped`: a service that comes with
 * them and is not to run by itself.
 */
export async function aptInstall(
  packages: readonly string[],
  need: { what: string; variable: string | null; path: string; stopped?: string },
): Promise<void> {
  const instead = need.variable === null ? '' : `, or set ${need.variable} to your own`;
  const byHand = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (findProgram('apt-get', need.path) === null) {
    throw new AppError(
      'setup.missing',
      `${need.what} is missing and this machine has no apt-get: install it with your system's packages (Debian's names: ${packages.join(' ')})${instead}`,
    );
  }
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && findProgram('sudo', need.path) === null) {
    throw new AppError('setup.missing', `${need.what} is missing: run as root: ${byHand}${instead}`);
  }
  const install = [
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    'install',
    '--yes',
    '--quiet',
    '--no-install-recommends',
    ...packages,
  ];
  if (needsUpdate()) await asRoot(isRoot, ['apt-get', 'update', '--quiet']);
  await asRoot(isRoot, install);
  if (need.stopped !== undefined && existsSync('/run/systemd/system')) {
    await asRoot(isRoot, ['systemctl', 'disable', '--now', need.stopped]);
  }
}

/** Package lists are fetched once a run: an old list names versions that the mirror no longer has. */
let updated = false;
function needsUpdate(): boolean {
  if (updated) return false;
  updated = true;
  return true;
}

async function asRoot(isRoot: boolean, command: readonly string[]): Promise<void> {
  const [program = '', ...args] = isRoot ? command : ['sudo', ...command];
  say(`running ${[program, ...args].join(' ')}`);
  await runCommand(program, args, { quiet: true });
}
