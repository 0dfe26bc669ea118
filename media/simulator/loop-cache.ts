import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoopStream, SceneName } from './loop.port.ts';

const UNUSED_FOR_MS = 3 * 24 * 3600 * 1000;
const KEPT_FOLDERS = 12;

/**
 * The folder of a scene's chunks, made when missing. Its name carries a hash over the simulator's sources, so that a
 * changed renderer never plays old pictures. Folders long unused, or beyond the newest twelve, are removed.
 */
export async function openLoopFolder(cacheDir: string, scene: SceneName, seed: number): Promise<string> {
  const folder = join(cacheDir, `${scene}-${seed}-${await rendererVersion()}`);
  await mkdir(folder, { recursive: true });
  const now = new Date();
  await utimes(folder, now, now);
  await removeStale(cacheDir, now.getTime());
  return folder;
}

export function chunkPath(folder: string, stream: LoopStream, gop: number): string {
  return join(folder, `${stream}-${String(gop).padStart(3, '0')}.gop`);
}

async function rendererVersion(): Promise<string> {
  const names = (await readdir(import.meta.dirname)).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  const hash = createHash('sha256');
  for (const name of names.sort()) hash.update(await readFile(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 10);
}

async function removeStale(cacheDir: string, nowMs: number): Promise<void> {
  const folders: { path: string; usedAtMs: number }[] = [];
  for (const entry of await readdir(cacheDir, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^(entrance|hall)-\d+-[0-9a-f]{10}$/.test(entry.name)) continue;
    const path = join(cacheDir, entry.name);
    folders.push({ path, usedAtMs: (await stat(path)).mtimeMs });
  }
  folders.sort((a, b) => b.usedAtMs - a.usedAtMs);
  const stale = folders.filter(({ usedAtMs }, i) => i >= KEPT_FOLDERS || nowMs - usedAtMs > UNUSED_FOR_MS);
  await Promise.all(stale.map(({ path }) => rm(path, { recursive: true, force: true })));
}
