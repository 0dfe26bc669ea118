import { setTimeout as sleep } from 'node:timers/promises';
import { openSceneLoop } from '#media/simulator/loop.ts';
import type { SceneName } from '#media/simulator/loop.port.ts';

/**
 * Renders the scenes of `entrance:SEED,hall:SEED` to the end, into the cache of a product that is about to start: so that
 * rendering and the product under test do not compete for the machine.
 */
export async function renderScenes(simulatedCameras: string, cacheDir: string): Promise<void> {
  await Promise.all(
    simulatedCameras.split(',').map(async (camera) => {
      const [scene = '', seed = ''] = camera.split(':');
      const loop = await openSceneLoop({ scene: scene as SceneName, seed: Number(seed), cacheDir });
      while (loop.progress() < 1) await sleep(100);
      await loop.close();
    }),
  );
}
