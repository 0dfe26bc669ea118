import type { EntityManager } from '@mikro-orm/postgresql';
import { isMoved } from '#protocol/camera.ts';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import type { Line, Zone } from '#protocol/geometry.ts';
import { tokenFromName } from '#protocol/ids.ts';
import type { Sealer } from '#ops/runtime/seal.ts';
import { loadConfigs, viewOf, type CameraView } from '../camera-view.ts';
import type { Database } from '../database.ts';
import { CameraEntity, LineEntity, ZoneEntity, type CameraRow } from '../entities/camera.entity.ts';
import {
  createCameraSchema,
  parseAddress,
  parseGeometry,
  updateCameraSchema,
  type CreateCamera,
  type Credentials,
  type UpdateCamera,
} from './camera-input.ts';

/** The channel on which each change of desired state is announced, after its commit. */
export const CAMERAS_CHANNEL = 'footfall_cameras';

export type { CreateCamera, UpdateCamera };

/**
 * Adds a camera and returns it without secrets. User and password of the address are sealed for it alone. Throws
 * input.invalid, camera.url-malformed, geometry.out-of-range, camera.already-exists (only when an id was given; an id made
 * from the name gets a number), storage.unavailable.
 */
export async function createCamera(database: Database, sealer: Sealer, input: CreateCamera): Promise<CameraView> {
  const wanted = parse(createCameraSchema, input);
  const main = parseAddress(wanted.mainUrl);
  const sub = wanted.subUrl === undefined || wanted.subUrl === null ? null : parseAddress(wanted.subUrl);
  const geometry = parseGeometry(wanted.lines, wanted.zones);
  const credentials = wanted.credentials ?? main.credentials ?? sub?.credentials ?? null;
  return database.write(async (em) => {
    const id = await claimId(em, wanted.id ?? null, wanted.name);
    const now = new Date();
    const [last] = await em.execute<{ position: number | null }[]>('select max(position) as position from cameras');
    em.create(CameraEntity, {
      id,
      name: wanted.name,
      revision: 1,
      enabled: wanted.enabled ?? true,
      deletedAt: null,
      mainUrl: main.url,
      subUrl: sub?.url ?? null,
      sealedCredentials: sealed(sealer, id, credentials),
      model: wanted.model ?? null,
      analysisFps: wanted.analysisFps,
      workerGroup: wanted.group ?? null,
      position: (last?.position ?? 0) + 1,
      createdAt: now,
      updatedAt: now,
    });
    await em.flush(); // The lines refer to the camera's row.
    addGeometry(em, id, geometry.lines, geometry.zones);
    await em.flush();
    return announced(em, id);
  });
}

/** Changes what is given and nothing else. Throws also camera.not-found, and camera.changed-meanwhile as `setGeometry`. */
export async function updateCamera(
  database: Database,
  sealer: Sealer,
  id: string,
  changes: UpdateCamera,
  revision?: number,
): Promise<CameraView> {
  const wanted = parse(updateCameraSchema, changes);
  const main = wanted.mainUrl === undefined ? null : parseAddress(wanted.mainUrl);
  const sub = wanted.subUrl === undefined || wanted.subUrl === null ? null : parseAddress(wanted.subUrl);
  return database.write(async (em) => {
    const camera = await locked(em, id, revision);
    const given = wanted.credentials === undefined ? (main?.credentials ?? sub?.credentials) : wanted.credentials;
    if (given !== undefined) camera.sealedCredentials = sealed(sealer, id, given);
    else if (isMoved(camera, main?.url ?? null, sub?.url ?? null)) camera.sealedCredentials = null;
    if (main !== null) camera.mainUrl = main.url;
    if (wanted.subUrl !== undefined) camera.subUrl = sub?.url ?? null;
    if (wanted.name !== undefined) camera.name = wanted.name;
    if (wanted.enabled !== undefined) camera.enabled = wanted.enabled;
    if (wanted.model !== undefined) camera.model = wanted.model;
    if (wanted.analysisFps !== undefined) camera.analysisFps = wanted.analysisFps;
    if (wanted.group !== undefined) camera.workerGroup = wanted.group;
    raise(camera);
    await em.flush();
    return announced(em, id);
  });
}

/**
 * Replaces all lines and zones of a camera. Throws geometry.out-of-range, camera.not-found and, when `revision` is given and
 * is not the camera's any more, camera.changed-meanwhile.
 */
export async function setGeometry(
  database: Database,
  id: string,
  { lines, zones }: { readonly lines: readonly Line[]; readonly zones: readonly Zone[] },
  revision?: number,
): Promise<CameraView> {
  const wanted = parseGeometry(lines, zones);
  return database.write(async (em) => {
    raise(await locked(em, id, revision));
    await em.nativeDelete(LineEntity, { camera: id });
    await em.nativeDelete(ZoneEntity, { camera: id });
    addGeometry(em, id, wanted.lines, wanted.zones);
    await em.flush();
    return announced(em, id);
  });
}

/** Leaves a tombstone without secrets: counts keep their camera, and workers learn that it is gone. */
export async function deleteCamera(database: Database, id: string): Promise<void> {
  await database.write(async (em) => {
    const camera = await locked(em, id);
    camera.deletedAt = new Date();
    camera.enabled = false;
    camera.sealedCredentials = null;
    raise(camera);
    await em.flush();
    await announced(em, id);
  });
}

/** `revision`: the one the change was made to, when it must not cover up somebody else's. */
async function locked(em: EntityManager, id: string, revision?: number): Promise<CameraRow> {
  const [found] = await em.execute('select 1 from cameras where id = ? and deleted_at is null for update', [id]);
  const camera = found === undefined ? null : await em.findOne(CameraEntity, { id }, { refresh: true });
  if (camera === null) throw new AppError('camera.not-found', `there is no camera ${id}`);
  if (revision !== undefined && revision !== camera.revision) {
    throw new AppError('camera.changed-meanwhile', 'somebody else changed this camera meanwhile; nothing was stored');
  }
  return camera;
}

function raise(camera: CameraRow): void {
  camera.revision += 1;
  camera.updatedAt = new Date();
}

function sealed(sealer: Sealer, id: string, credentials: Credentials | null): string | null {
  return credentials === null ? null : sealer.seal(JSON.stringify(credentials), `camera:${id}`);
}

function addGeometry(em: EntityManager, camera: string, lines: readonly Line[], zones: readonly Zone[]): void {
  lines.forEach((line, position) =>
    em.create(LineEntity, { ...line, reentryMs: line.reentryMs ?? null, camera, position }),
  );
  zones.forEach((zone, position) => em.create(ZoneEntity, { ...zone, camera, position }));
}

/** Ids of deleted cameras stay taken: their counts are still there. The table lock makes two creators take turns. */
async function claimId(em: EntityManager, asked: string | null, name: string): Promise<string> {
  await em.execute('lock table cameras in share row exclusive mode');
  const rows = await em.execute<{ id: string }[]>('select id from cameras');
  const taken = new Set(rows.map((row) => row.id));
  if (asked !== null) {
    if (taken.has(asked))
      throw new AppError('camera.already-exists', `there is (or was) a camera with the id ${asked}`);
    return asked;
  }
  const stem = tokenFromName(name) || 'camera';
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? stem : `${stem}-${String(n)}`;
    if (!taken.has(id)) return id;
  }
}

async function announced(em: EntityManager, id: string): Promise<CameraView> {
  await em.execute(`notify ${CAMERAS_CHANNEL}`);
  const [config] = await loadConfigs(em, [id]);
  if (config === undefined) throw new AppError('camera.not-found', `there is no camera ${id}`);
  return viewOf(config);
}
