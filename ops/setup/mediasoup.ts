import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError, toAppError } from '#protocol/errors.ts';
import type { Env } from '#ops/runtime/env.ts';
import { cachedMediasoupWorker, projectRoot } from '#ops/runtime/paths.ts';
import { aptInstall } from './apt.ts';
import { runCommand, say, type SetupStep } from './step.ts';

const PACKAGE = join(projectRoot, 'node_modules/mediasoup');
const RELEASES = 'https://github.com/versatica/mediasoup/releases/download';
const DOWNLOAD_LIMIT_MS = 60_000;
const BUILD_PACKAGES = [
  ...['g++', 'meson', 'ninja-build', 'pkg-config', 'patch'],
  ...['libuv1-dev', 'libssl-dev', 'libsrtp2-dev', 'libabsl-dev', 'libflatbuffers-dev', 'flatbuffers-compiler'],
];

/**
 * mediasoup's media worker, a program of its own: MEDIASOUP_WORKER_BIN, else a cached one, else upstream's prebuilt
 * download, else a build from the npm package with the distribution's libraries (7 to 12 minutes on two cores).
 */
export function mediasoupStep(env: Env): SetupStep {
  const target = cachedMediasoupWorker(env.cacheDir);
  return {
    name: 'the mediasoup worker',
    purpose: 'relays video to many viewers; without it werift does, for a few',
    ready: () => {
      if (env.mediasoupWorkerBin === null) return existsSync(target);
      if (existsSync(env.mediasoupWorkerBin)) return true;
      throw new AppError(
        'setup.missing',
        `MEDIASOUP_WORKER_BIN points at ${env.mediasoupWorkerBin}, which does not exist`,
      );
    },
    run: async () => {
      mkdirSync(dirname(target), { recursive: true });
      if (await download(target)) return;
      say('building the mediasoup worker from its sources, which takes 7 to 12 minutes on two cores');
      await aptInstall(BUILD_PACKAGES, { what: 'a C++ toolchain', variable: 'MEDIASOUP_WORKER_BIN', path: env.path });
      const jobs = String(Math.max(1, availableParallelism()));
      await runCommand('sh', [join(projectRoot, 'ops/setup/mediasoup/build-worker.sh'), PACKAGE, target, jobs], {
        quiet: true,
      });
    },
  };
}

/** Upstream's release for this platform and kernel; false when there is none, it does not run here, or there is no way out. */
async function download(target: string): Promise<boolean> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  const kernel = release().split('.', 1)[0] ?? '';
  const archive = `mediasoup-worker-${version}-${process.platform}-${process.arch}-kernel${kernel}.tgz`;
  const folder = mkdtempSync(`${target}-`);
  try {
    const answer = await fetch(`${RELEASES}/${version}/${archive}`, { signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS) });
    if (!answer.ok) throw new Error(`${archive}: status ${String(answer.status)}`);
    writeFileSync(join(folder, archive), Buffer.from(await answer.arrayBuffer()));
    await runCommand('tar', ['-xzf', archive], { cwd: folder, quiet: true });
    const binary = join(folder, 'mediasoup-worker');
    chmodSync(binary, 0o755);
    // Started without its parent's settings it ends with 41; anything else means it cannot run on this system.
    const { status } = spawnSync(binary, { env: {}, stdio: 'ignore' });
    if (status !== 41) throw new Error(`${archive} does not run here (status ${String(status)})`);
    renameSync(binary, target);
    return true;
  } catch (error) {
    say(`no prebuilt mediasoup worker could be had: ${toAppError(error).message.split('\n', 1)[0] ?? ''}`);
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
