import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freshSeeds } from '#ops/testkit/product.ts';
import { renderScenes } from '#ops/testkit/render-scenes.ts';

declare module 'vitest' {
  interface ProvidedContext {
    scenes: { readonly simulatedCameras: string; readonly cacheDir: string };
  }
}

/** Scenes nobody has seen before, the same for all end-to-end tests of a run, rendered once. Their seeds are printed. */
export default async function setup(project: TestProject): Promise<() => void> {
  const simulatedCameras = freshSeeds();
  const cacheDir = mkdtempSync(join(tmpdir(), 'footfall-scenes-'));
  process.stderr.write(`scenes of this run: ${simulatedCameras}\n`);
  await renderScenes(simulatedCameras, join(cacheDir, 'scenes'));
  project.provide('scenes', { simulatedCameras, cacheDir });
  return () => {
    rmSync(cacheDir, { recursive: true, force: true });
  };
}
