import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { CameraStateName } from '#protocol/camera.ts';
import type { CrossingReason, DismissalReason } from '#protocol/facts.ts';
import type { Direction } from '#protocol/geometry.ts';
import type { CountsMessage } from '#protocol/live.ts';

/** One accepted crossing with all that is known about how it came to be. Partitioned by `crossed_at`, a day each. */
export const CountingResultEntity = defineEntity({
  name: 'CountingResult',
  tableName: 'counting_results',
  properties: {
    crossedAt: p.datetime(6).primary(),
    /** `<camera>.<leaseId>.<n>` */
    factId: p.text().primary(),
    camera: p.text(),
    line: p.text(),
    direction: p.text().$type<Direction>(),
    worker: p.text(),
    leaseId: p.text(),
    epoch: p.bigint('number'),
    n: p.bigint('number'),
    run: p.bigint('number'),
    track: p.bigint('number'),
    confidence: p.float(),
    detections: p.bigint('number'),
    boxHeightFrac: p.float(),
    path: p.json().$type<[number, number][]>(),
    processingMs: p.float(),
    model: p.text(),
    cameraRevision: p.bigint('number'),
    clockUncertaintyMs: p.float().nullable(),
    /** Null: counted by a worker that did not say why yet. */
    why: p.json().$type<CrossingReason>().nullable(),
    storedAt: p.datetime(),
  },
});
export type CountingResultRow = InferEntity<typeof CountingResultEntity>;

/** A sample of who nearly crossed a line, and why that did not count. */
export const NearMissEntity = defineEntity({
  name: 'NearMiss',
  tableName: 'near_misses',
  properties: {
    factId: p.text().primary(),
    camera: p.text(),
    line: p.text(),
    happenedAt: p.datetime(6),
    reason: p.text().$type<DismissalReason>(),
    run: p.bigint('number'),
    track: p.bigint('number'),
    ageMs: p.float(),
    confidence: p.float(),
    detections: p.bigint('number'),
    boxHeightFrac: p.float(),
    path: p.json().$type<[number, number][]>(),
    model: p.text(),
    cameraRevision: p.bigint('number'),
    worker: p.text(),
    leaseId: p.text(),
    storedAt: p.datetime(),
  },
});
export type NearMissRow = InferEntity<typeof NearMissEntity>;

export const CameraEventEntity = defineEntity({
  name: 'CameraEvent',
  tableName: 'camera_events',
  properties: {
    factId: p.text().primary(),
    camera: p.text(),
    happenedAt: p.datetime(6),
    state: p.text().$type<CameraStateName>(),
    reason: p.text(),
    code: p.text().nullable(),
    run: p.bigint('number'),
    worker: p.text(),
    leaseId: p.text(),
    storedAt: p.datetime(),
  },
});
export type CameraEventRow = InferEntity<typeof CameraEventEntity>;

/** Why a message was not stored as a fact: its lease did not own the time, lost it later, or it makes no sense. */
export type RejectionReason = 'fenced' | 'voided' | 'invalid';

export const RejectedMessageEntity = defineEntity({
  name: 'RejectedMessage',
  tableName: 'rejected_messages',
  properties: {
    /** The fact id, or a digest of subject and bytes where there is none. */
    key: p.text().primary(),
    reason: p.text().$type<RejectionReason>(),
    camera: p.text().nullable(),
    leaseId: p.text().nullable(),
    subject: p.text(),
    detail: p.text(),
    payload: p.text(),
    rejectedAt: p.datetime(),
  },
});
export type RejectedMessageRow = InferEntity<typeof RejectedMessageEntity>;

export const LeaseEntity = defineEntity({
  name: 'Lease',
  tableName: 'leases',
  properties: {
    leaseId: p.text().primary(),
    camera: p.text(),
    worker: p.text(),
    epoch: p.bigint('number'),
    /** null until its LeaseStarted is stored. */
    countsFrom: p.datetime(6).nullable(),
    /** Facts 1..n are settled: stored as a fact or as rejected. */
    watermark: p.bigint('number'),
  },
});

/** Where a camera's totals start again. Without one they run since the camera was made. */
export const BaselineEntity = defineEntity({
  name: 'Baseline',
  tableName: 'baselines',
  properties: {
    camera: p.text().primary(),
    at: p.datetime(6).primary(),
    occupancy: p.integer(),
    note: p.text(),
  },
});

/** Read model: what the projector folded out of the accepted facts. */
export const CameraCountsEntity = defineEntity({
  name: 'CameraCounts',
  tableName: 'camera_counts',
  properties: {
    camera: p.text().primary(),
    version: p.bigint('number'),
    sinceMs: p.float(),
    occupancy: p.integer(),
    /** People the fold had to invent because more left than had come in. */
    driftCorrections: p.integer(),
    lines: p.json().$type<CountsMessage['lines']>(),
    updatedAt: p.datetime(),
  },
});
export type CameraCountsRow = InferEntity<typeof CameraCountsEntity>;
