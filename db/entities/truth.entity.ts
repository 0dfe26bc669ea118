import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Direction } from '#protocol/geometry.ts';

/** A stretch of a camera's time whose crossings somebody marked by eye. A deleted one stays, with who deleted it. */
export const TruthClipEntity = defineEntity({
  name: 'TruthClip',
  tableName: 'truth_clips',
  properties: {
    id: p.text().primary(),
    camera: p.text(),
    name: p.text(),
    fromAt: p.datetime(3),
    untilAt: p.datetime(3),
    lines: p.json().$type<string[]>(),
    revision: p.bigint('number'),
    createdBy: p.text(),
    createdAt: p.datetime(3),
    deletedBy: p.text().nullable(),
    deletedAt: p.datetime(3).nullable(),
  },
});
export type TruthClipRow = InferEntity<typeof TruthClipEntity>;

/** One marked crossing. A row is never changed but for its removal, so every revision of a truth can be read again. */
export const TruthEventEntity = defineEntity({
  name: 'TruthEvent',
  tableName: 'truth_events',
  properties: {
    truth: p.text().primary(),
    event: p.integer().primary(),
    line: p.text(),
    direction: p.text().$type<Direction>(),
    happenedAt: p.datetime(3),
    toleranceMs: p.integer(),
    /** The revision that has it first. */
    markedIn: p.bigint('number'),
    markedBy: p.text(),
    markedAt: p.datetime(3),
    /** The revision that has it no more. */
    removedIn: p.bigint('number').nullable(),
    removedBy: p.text().nullable(),
    removedAt: p.datetime(3).nullable(),
  },
});
export type TruthEventRow = InferEntity<typeof TruthEventEntity>;
