import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the checkout. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Of this product, as package.json has it. */
export function productVersion(): string {
  const manifest = readFileSync(join(projectRoot, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Where models are kept that are not shipped. */
export function modelsFolder(env: { dataDir: string }): string {
  return join(env.dataDir, 'models');
}

/** Where the cached mediasoup worker of the installed version lies (or will lie once built). */
export function cachedMediasoupWorker(cacheDir: string): string {
  const manifest = readFileSync(join(projectRoot, 'node_modules/mediasoup/package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return join(cacheDir, `mediasoup-worker-${version}-${process.arch}`);
}

/** The worker binary to use: the one pointed at, else the cached one, else null. */
export function mediasoupWorkerBin(env: { mediasoupWorkerBin: string | null; cacheDir: string }): string | null {
  if (env.mediasoupWorkerBin !== null) return env.mediasoupWorkerBin;
  const cached = cachedMediasoupWorker(env.cacheDir);
  return existsSync(cached) ? cached : null;
}

/** A program on PATH (or in /usr/sbin, where Debian puts servers), or null. */
export function findProgram(name: string, path: string): string | null {
  for (const folder of [...path.split(delimiter), '/usr/local/sbin', '/usr/sbin']) {
    const candidate = join(folder, name);
    if (folder !== '' && existsSync(candidate)) return candidate;
  }
  return null;
}
