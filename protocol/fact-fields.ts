import * as v from 'valibot';
import { cameraIdSchema, leaseIdSchema, workerIdSchema } from './ids.ts';

export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** 0..1 */
export const unit = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
export const duration = v.pipe(v.number(), v.minValue(0));

/** Every fact says which lease decided it and its place in that lease's outbox: `id` = `<camera>.<leaseId>.<n>`. */
export const provenance = {
  id: v.string(),
  camera: cameraIdSchema,
  worker: workerIdSchema,
  leaseId: leaseIdSchema,
  epoch: v.pipe(v.number(), v.integer(), v.minValue(1)),
};

/** All but LeaseStarted. */
export const numbered = { ...provenance, n: v.pipe(v.number(), v.integer(), v.minValue(1)) };
