import * as v from 'valibot';
import { cameraIdSchema, leaseIdSchema, workerIdSchema } from './ids.ts';
import { workerDetailsSchema } from './workers.ts';

const epoch = v.pipe(v.number(), v.integer(), v.minValue(1));

/** KV `leases`: who runs a camera. Written on claim, first count, offer and release, never to say that one is alive. */
export const leaseRecordSchema = v.object({
  camera: cameraIdSchema,
  worker: workerIdSchema,
  bootId: v.string(),
  leaseId: leaseIdSchema,
  epoch,
  released: v.optional(v.boolean(), false),
  /** The worker that its holder asks to take it over. */
  offeredTo: v.optional(v.nullable(workerIdSchema), null),
  /** The lease it was taken over from by agreement: that one counts until `countsFromMs`. */
  takenFrom: v.optional(v.nullable(leaseIdSchema), null),
  /** Camera time from which it counts, epoch ms; null: it has had no picture yet. */
  countsFromMs: v.optional(v.nullable(v.number()), null),
});
export type LeaseRecord = v.InferOutput<typeof leaseRecordSchema>;

/** Whether a worker takes more cameras, or why not. */
export const availabilitySchema = v.picklist(['open', 'full', 'cordoned', 'leaving']);
export type Availability = v.InferOutput<typeof availabilitySchema>;

/** KV `workers`: renewed every 2 s. */
export const workerHeartbeatSchema = v.object({
  worker: workerIdSchema,
  bootId: v.string(),
  atMs: v.number(),
  host: v.string(),
  /** Cameras that it can run well, by what its detectors manage. */
  capacity: v.number(),
  cameras: v.number(),
  availability: v.optional(availabilitySchema, 'open'),
  relay: v.string(),
  ...workerDetailsSchema.entries,
});
export type WorkerHeartbeat = v.InferOutput<typeof workerHeartbeatSchema>;

/**
 * KV `watermarks`: facts 1..n of this lease are settled (stored or recorded as rejected); the outbox may drop them, and its
 * LeaseStarted once `started`.
 */
export const watermarkSchema = v.object({
  worker: workerIdSchema,
  leaseId: leaseIdSchema,
  n: v.pipe(v.number(), v.integer(), v.minValue(0)),
  started: v.optional(v.boolean(), false),
});
export type Watermark = v.InferOutput<typeof watermarkSchema>;

/** A worker hears its own only: there is one for each fact of the whole fleet. */
export function watermarkKey({ worker, leaseId }: Pick<Watermark, 'worker' | 'leaseId'>): string {
  return `${worker}.${leaseId}`;
}

/** KV `epoch-floors`: the greatest epoch PostgreSQL has seen for a camera; a claim goes above it. */
export const epochFloorSchema = v.object({
  camera: cameraIdSchema,
  epoch: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
export type EpochFloor = v.InferOutput<typeof epochFloorSchema>;
