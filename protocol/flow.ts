import * as v from 'valibot';
import { cameraIdSchema, tokenSchema } from './ids.ts';

/** What travels on one link of a camera's way, and how much of it. */
export const flowLinkSchema = v.object({
  from: v.string(),
  to: v.string(),
  unit: v.picklist(['packets', 'pictures', 'frames', 'boxes', 'facts']),
  /** Over the last seconds. */
  perSecond: v.number(),
  /** null where bytes are not counted. */
  bitsPerSecond: v.nullable(v.number()),
  /** Of the same unit, lost or left out since the camera was opened. */
  dropped: v.number(),
  /** How many wait now; null where nothing can wait. */
  waiting: v.nullable(v.number()),
});
export type FlowLink = v.InferOutput<typeof flowLinkSchema>;

/** Who feeds whom between a camera and its viewers and facts, as its worker sees it now. */
export const cameraFlowSchema = v.object({
  camera: cameraIdSchema,
  worker: tokenSchema,
  run: v.number(),
  /** Over how long the rates were taken. */
  overMs: v.number(),
  /** In the order in which things travel. */
  links: v.array(flowLinkSchema),
});
export type CameraFlow = v.InferOutput<typeof cameraFlowSchema>;
