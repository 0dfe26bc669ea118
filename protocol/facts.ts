import * as v from 'valibot';
import { cameraStateNameSchema } from './camera.ts';
import { directionSchema } from './geometry.ts';
import { cameraIdSchema, leaseIdSchema, lineIdSchema, workerIdSchema } from './ids.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const unit = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** Every fact says which lease decided it and its place in that lease's outbox: `id` = `<camera>.<leaseId>.<n>`. */
const provenance = {
  id: v.string(),
  camera: cameraIdSchema,
  worker: workerIdSchema,
  leaseId: leaseIdSchema,
  epoch: v.pipe(v.number(), v.integer(), v.minValue(1)),
};

/** A lease owns camera time from `countsFromMs` on, until a lease with a greater (epoch, leaseId) does. Its n is 0. */
export const leaseStartedSchema = v.object({
  type: v.literal('LeaseStarted'),
  ...provenance,
  n: v.literal(0),
  countsFromMs: v.number(),
});
export type LeaseStarted = v.InferOutput<typeof leaseStartedSchema>;

/** Somebody crossed a line. `crossedAtMs` is the frame time at which the anchor met the line, epoch ms. */
export const lineCrossedSchema = v.object({
  type: v.literal('LineCrossed'),
  ...provenance,
  n: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** One session of the analysed stream; track ids restart with it. */
  run: count,
  track: count,
  line: lineIdSchema,
  direction: directionSchema,
  crossedAtMs: v.number(),
  confidence: unit,
  /** Frames in which the detector itself saw this person so far. */
  detections: count,
  boxHeightFrac: v.number(),
  /** Anchor path up to the crossing, simplified, oldest first. */
  path: v.pipe(v.array(v.tuple([v.number(), v.number()])), v.maxLength(32)),
  /** From the frame's arrival to the decision. */
  processingMs: v.number(),
  model: v.string(),
  /** Revision of the camera's settings in force. */
  cameraRevision: count,
  /** Clock error beyond 500 ms at the time, else absent. */
  clockUncertaintyMs: v.optional(v.number()),
});
export type LineCrossed = v.InferOutput<typeof lineCrossedSchema>;

/** A camera changed state; kept as history (camera_events). */
export const cameraStateChangedSchema = v.object({
  type: v.literal('CameraStateChanged'),
  ...provenance,
  n: v.pipe(v.number(), v.integer(), v.minValue(1)),
  happenedAtMs: v.number(),
  state: cameraStateNameSchema,
  reason: v.string(),
  code: v.nullable(v.string()),
  run: count,
});
export type CameraStateChanged = v.InferOutput<typeof cameraStateChangedSchema>;

export const factSchema = v.variant('type', [leaseStartedSchema, lineCrossedSchema, cameraStateChangedSchema]);
export type Fact = v.InferOutput<typeof factSchema>;

/** A fact before the outbox gave it a number. */
export type Undecided<F extends Fact> = Omit<F, 'id' | 'n' | 'worker' | 'leaseId' | 'epoch'>;
