import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Anchor, Point } from '#protocol/geometry.ts';

/** Desired state of one camera; a deleted one stays as a tombstone, so that its id and counts keep their meaning. */
export const CameraEntity = defineEntity({
  name: 'Camera',
  tableName: 'cameras',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    revision: p.bigint('number'),
    enabled: p.boolean(),
    deletedAt: p.datetime().nullable(),
    mainUrl: p.text(),
    subUrl: p.text().nullable(),
    sealedCredentials: p.text().nullable(),
    model: p.text().nullable(),
    analysisFps: p.float(),
    /** Only workers of this group run it. */
    workerGroup: p.text().nullable(),
    /** Place on the wall of cameras. */
    position: p.integer(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type CameraRow = InferEntity<typeof CameraEntity>;

export const LineEntity = defineEntity({
  name: 'Line',
  tableName: 'lines',
  properties: {
    camera: p.text().primary(),
    id: p.text().primary(),
    name: p.text(),
    p1: p.json().$type<Point>(),
    p2: p.json().$type<Point>(),
    anchor: p.text().$type<Anchor>(),
    reentryMs: p.float().nullable(),
    position: p.integer(),
  },
});
export type LineRow = InferEntity<typeof LineEntity>;

export const ZoneEntity = defineEntity({
  name: 'Zone',
  tableName: 'zones',
  properties: {
    camera: p.text().primary(),
    id: p.text().primary(),
    name: p.text(),
    polygon: p.json().$type<Point[]>(),
    anchor: p.text().$type<Anchor>().nullable(),
    isQueue: p.boolean().nullable(),
    minStayMs: p.float().nullable(),
    overPeople: p.integer().nullable(),
    underPeople: p.integer().nullable(),
    holdMs: p.float().nullable(),
    position: p.integer(),
  },
});
export type ZoneRow = InferEntity<typeof ZoneEntity>;
