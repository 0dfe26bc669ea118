import * as v from 'valibot';
import { cameraIdSchema, tokenSchema } from './ids.ts';

const total = v.pipe(v.number(), v.minValue(0));

/** What one camera's analysis does. Totals count since the camera was opened; the difference of two answers is a rate. */
export const cameraLoadSchema = v.object({
  camera: cameraIdSchema,
  /** Whether people are in sight, and whether a line or a zone concerns them. */
  sight: v.picklist(['nobody', 'somebody', 'near']),
  /** Its pictures are held back, compressed, because nothing happens. */
  asleep: v.boolean(),
  /** Frames a second that its settings want, and that it may have now; less is load being shed. */
  fpsWanted: v.number(),
  fpsAllowed: v.number(),
  /** Pictures decoded, those given to a detector, and those due for one in which nothing moved. */
  decoded: total,
  inferences: total,
  still: total,
  /** Frames overtaken by newer ones before a detector was free, and pictures lost before decoding. */
  overtaken: total,
  dropped: total,
  /** Compressed pictures kept for it. */
  heldBytes: total,
});
export type CameraLoad = v.InferOutput<typeof cameraLoadSchema>;

/** What a worker says of itself when asked. */
export const workerStatsSchema = v.object({
  worker: tokenSchema,
  /** Process-wide, bytes. */
  residentBytes: total,
  inference: v.object({
    threads: total,
    /** Milliseconds an inference takes now, waiting for a core included. */
    costMs: v.nullable(total),
    /** Inferences a second that the threads manage. */
    capacityFps: v.nullable(total),
    waiting: total,
    replaced: total,
    restarts: total,
  }),
  cameras: v.array(cameraLoadSchema),
});
export type WorkerStats = v.InferOutput<typeof workerStatsSchema>;
