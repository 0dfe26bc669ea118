import type { CameraStateName } from '#protocol/camera.ts';
import { loadConfigs, viewOf, type CameraView } from '../camera-view.ts';
import type { Database } from '../database.ts';
import { CameraEventEntity } from '../entities/fact.entity.ts';

export type { CameraView };

/** Cameras that are not deleted, in the wall's order. */
export async function listCameras(database: Database): Promise<CameraView[]> {
  const configs = await database.read((em) => loadConfigs(em, null));
  return configs.filter(({ deleted }) => !deleted).map(viewOf);
}

/** null: there is none, or it was deleted. */
export async function cameraById(database: Database, id: string): Promise<CameraView | null> {
  const [config] = await database.read((em) => loadConfigs(em, [id]));
  return config === undefined || config.deleted ? null : viewOf(config);
}

/** Sealed for `camera:<id>`; null: it asks for none, or there is no such camera. Only to ask the camera itself something. */
export async function sealedCredentialsOf(database: Database, id: string): Promise<string | null> {
  const [config] = await database.read((em) => loadConfigs(em, [id]));
  return config?.sealedCredentials ?? null;
}

export interface CameraEvent {
  readonly atMs: number;
  readonly state: CameraStateName;
  readonly reason: string;
  readonly code: string | null;
}

/** What happened to a camera, newest first. */
export async function cameraEvents(database: Database, camera: string, limit = 50): Promise<CameraEvent[]> {
  const rows = await database.read((em) =>
    em.find(CameraEventEntity, { camera }, { orderBy: { happenedAt: 'desc', factId: 'desc' }, limit }),
  );
  return rows.map(({ happenedAt, state, reason, code }) => ({
    atMs: happenedAt.getTime(),
    state,
    reason,
    code: code ?? null,
  }));
}
