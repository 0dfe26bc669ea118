import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { WorkerDetails } from '#protocol/workers.ts';

/** A worker that was heard once, there or not, and what is wanted of it. */
export const WorkerEntity = defineEntity({
  name: 'Worker',
  tableName: 'workers',
  properties: {
    id: p.text().primary(),
    host: p.text(),
    version: p.text().nullable(),
    /** Cameras that it can run well. */
    capacity: p.float(),
    cores: p.float().nullable(),
    inferencesPerSecond: p.float().nullable(),
    addresses: p.json().$type<WorkerDetails['addresses']>(),
    groups: p.json().$type<string[]>(),
    /** One life of its process. */
    bootId: p.text(),
    startedAt: p.datetime(3).nullable(),
    firstSeenAt: p.datetime(3),
    lastSeenAt: p.datetime(3),
    cordoned: p.boolean(),
    drained: p.boolean(),
    /** When that was said last; null: never. */
    orderedAt: p.datetime(3).nullable(),
  },
});
export type WorkerRow = InferEntity<typeof WorkerEntity>;
