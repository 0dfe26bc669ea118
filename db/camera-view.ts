import type { EntityManager } from '@mikro-orm/postgresql';
import type { CameraConfig } from '#protocol/camera.ts';
import type { Line, Zone } from '#protocol/geometry.ts';
import {
  CameraEntity,
  LineEntity,
  ZoneEntity,
  type CameraRow,
  type LineRow,
  type ZoneRow,
} from './entities/camera.entity.ts';

/** A camera as people may see it: no secret, sealed or not. */
export type CameraView = Omit<CameraConfig, 'sealedCredentials' | 'deleted'> & {
  readonly hasCredentials: boolean;
  readonly createdAtMs: number;
};

/** Cameras with lines and zones, in the wall's order. `ids` null: all, tombstones included. */
export async function loadConfigs(
  em: EntityManager,
  ids: readonly string[] | null,
): Promise<(CameraConfig & { createdAtMs: number })[]> {
  const cameras = await em.find(CameraEntity, ids === null ? {} : { id: { $in: [...ids] } }, {
    orderBy: { position: 'asc', id: 'asc' },
    refresh: true,
  });
  const of = ids === null ? {} : { camera: { $in: [...ids] } };
  const lines = await em.find(LineEntity, of, { orderBy: { position: 'asc' }, refresh: true });
  const zones = await em.find(ZoneEntity, of, { orderBy: { position: 'asc' }, refresh: true });
  const linesOf = Map.groupBy(lines, (line) => line.camera);
  const zonesOf = Map.groupBy(zones, (zone) => zone.camera);
  return cameras.map((camera) => ({
    ...configOf(camera),
    lines: (linesOf.get(camera.id) ?? []).map(lineOf),
    zones: (zonesOf.get(camera.id) ?? []).map(zoneOf),
    createdAtMs: camera.createdAt.getTime(),
  }));
}

function lineOf({ id, name, p1, p2, anchor, reentryMs }: LineRow): Line {
  const line = { id, name, p1, p2, anchor };
  return reentryMs === null || reentryMs === undefined ? line : { ...line, reentryMs };
}

/** What a zone leaves open is not in it. */
function zoneOf(row: ZoneRow): Zone {
  const { id, name, polygon, anchor, isQueue, minStayMs, overPeople, underPeople, holdMs } = row;
  const choices = Object.entries({ anchor, isQueue, minStayMs, overPeople, underPeople, holdMs });
  return { id, name, polygon, ...Object.fromEntries(choices.filter(([, choice]) => (choice ?? null) !== null)) };
}

function configOf(camera: CameraRow): Omit<CameraConfig, 'lines' | 'zones'> {
  return {
    id: camera.id,
    name: camera.name,
    revision: camera.revision,
    enabled: camera.enabled,
    deleted: (camera.deletedAt ?? null) !== null,
    mainUrl: camera.mainUrl,
    subUrl: camera.subUrl ?? null,
    sealedCredentials: camera.sealedCredentials ?? null,
    model: camera.model ?? null,
    analysisFps: camera.analysisFps,
    group: camera.workerGroup ?? null,
  };
}

export function viewOf(config: CameraConfig & { createdAtMs: number }): CameraView {
  const { id, name, revision, enabled, mainUrl, subUrl, model, analysisFps, group, lines, zones, createdAtMs } = config;
  const hasCredentials = config.sealedCredentials !== null;
  return {
    id,
    name,
    revision,
    enabled,
    mainUrl,
    subUrl,
    model,
    analysisFps,
    group: group ?? null,
    lines,
    zones,
    createdAtMs,
    hasCredentials,
  };
}
