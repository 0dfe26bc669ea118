import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { toAppError } from '#protocol/errors.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { freshSeeds } from '#ops/testkit/product.ts';
import { renderScenes } from '#ops/testkit/render-scenes.ts';
import type { Scenes } from './scenes.ts';

declare module 'vitest' {
  interface ProvidedContext {
    scenes: Scenes;
  }
}

/**
 * Scenes nobody has seen before, the same for all end-to-end tests of a run. Their seeds are printed; FOOTFALL_TEST_SCENES
 * runs them again. They are rendered while the faster tests run, and `renderedScenes` waits for the end of it.
 */
export default function setup(project: TestProject): () => Promise<void> {
  const simulatedCameras = readEnv().testScenes ?? freshSeeds();
  const cacheDir = mkdtempSync(join(tmpdir(), 'footfall-scenes-'));
  const outcomeFile = join(cacheDir, 'rendered');
  process.stderr.write(`scenes of this run: ${simulatedCameras}\n`);
  const rendering = renderScenes(simulatedCameras, join(cacheDir, 'scenes')).then(
    () => {
      writeFileSync(outcomeFile, '');
    },
    (error: unknown) => {
      writeFileSync(outcomeFile, toAppError(error).message);
    },
  );
  project.provide('scenes', { simulatedCameras, cacheDir, outcomeFile });
  return async () => {
    await rendering;
    rmSync(cacheDir, { recursive: true, force: true });
  };
}
