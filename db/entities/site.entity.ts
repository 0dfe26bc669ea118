import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Door } from '#protocol/sites.ts';

/** Name, capacity and figures of a site are those of the area with its id. */
export const SiteEntity = defineEntity({
  name: 'Site',
  tableName: 'sites',
  properties: {
    id: p.text().primary(),
    /** Raised by every change of the site, its areas and doors. */
    revision: p.bigint('number'),
    timeZone: p.text(),
    /** `HH:MM` by the site's clocks; null: no baseline on schedule. */
    baselineAt: p.text().nullable(),
    /** Scheduled baselines up to here are made. */
    baselinedUntil: p.datetime(3),
    deletedAt: p.datetime().nullable(),
    createdAt: p.datetime(),
  },
});
export type SiteRow = InferEntity<typeof SiteEntity>;

/** Settings of an area, and what the projector folded: its occupancy, and from where that is out of date. */
export const AreaEntity = defineEntity({
  name: 'Area',
  tableName: 'areas',
  properties: {
    id: p.text().primary(),
    site: p.text(),
    name: p.text(),
    capacity: p.integer().nullable(),
    baselineTo: p.integer(),
    deletedAt: p.datetime().nullable(),
    createdAt: p.datetime(),
    version: p.bigint('number'),
    occupancy: p.integer(),
    /** The newest baseline. */
    since: p.datetime(3).nullable(),
    staleFrom: p.datetime(3).nullable(),
  },
});
export type AreaRow = InferEntity<typeof AreaEntity>;

/** One door as it was from `since` to `until`. */
export const DoorEntity = defineEntity({
  name: 'Door',
  tableName: 'doors',
  properties: {
    site: p.text().primary(),
    id: p.text().primary(),
    since: p.datetime(3).primary(),
    until: p.datetime(3).nullable(),
    name: p.text(),
    camera: p.text(),
    line: p.text(),
    fromArea: p.text().nullable(),
    toArea: p.text().nullable(),
    twin: p.json().$type<NonNullable<Door['twin']>>().nullable(),
  },
});
export type DoorRow = InferEntity<typeof DoorEntity>;

/** What somebody, or the schedule, said was inside at a time. Never edited: the newest word stands. */
export const AreaBaselineEntity = defineEntity({
  name: 'AreaBaseline',
  tableName: 'area_baselines',
  properties: {
    area: p.text().primary(),
    at: p.datetime(3).primary(),
    occupancy: p.integer(),
    /** null: the schedule. */
    author: p.text().nullable(),
    note: p.text(),
    madeAt: p.datetime(),
  },
});
