import { AppError } from '#protocol/errors.ts';
import { createCamera, updateCamera } from '#db/commands/cameras.ts';
import { openDatabase, type Database } from '#db/database.ts';
import { cameraById } from '#db/queries/cameras.ts';
import { createScene } from '#media/simulator/scene.ts';
import type { SceneName } from '#media/simulator/loop.port.ts';
import { databaseUrlOf, type Env } from '#ops/runtime/env.ts';
import type { Log } from '#ops/runtime/log.ts';
import { openSealer, type Sealer } from '#ops/runtime/seal.ts';

/**
 * Makes the simulated cameras known to the product, as an administrator would by the form: at the first start with their
 * scene's line, later only with a new address when the simulator's port changed. One that was deleted stays deleted.
 * `cameras` is `entrance:SEED,hall:SEED`.
 */
export async function offerSimulatedCameras(env: Env, cameras: string, rtspPort: number, log: Log): Promise<void> {
  if (env.sealKeyFile === null) throw new AppError('config.invalid', 'FOOTFALL_SEAL_KEY_FILE is not set');
  const sealer = openSealer(env.sealKeyFile);
  const database = await openDatabase(databaseUrlOf(env), log);
  try {
    for (const camera of cameras.split(',')) {
      const [name = '', seed = ''] = camera.split(':');
      await offer(database, sealer, name as SceneName, Number(seed), `rtsp://127.0.0.1:${String(rtspPort)}/${name}`);
    }
  } finally {
    await database.close();
  }
}

async function offer(
  database: Database,
  sealer: Sealer,
  scene: SceneName,
  seed: number,
  address: string,
): Promise<void> {
  const urls = { mainUrl: `${address}/main`, subUrl: `${address}/sub` };
  const known = await cameraById(database, scene);
  if (known !== null) {
    const isOurs = new URL(known.mainUrl).pathname === `/${scene}/main`;
    if (isOurs && known.mainUrl !== urls.mainUrl) await updateCamera(database, sealer, scene, urls);
    return;
  }
  const name = scene.charAt(0).toUpperCase() + scene.slice(1);
  const { line } = createScene(scene, seed);
  await createCamera(database, sealer, { id: scene, name, ...urls, lines: [{ ...line, anchor: 'foot' }] }).catch(
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'camera.already-exists') return; // It was deleted.
      throw error;
    },
  );
}
