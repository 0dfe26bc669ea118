import * as v from 'valibot';
import { cameraStateSchema } from './camera.ts';
import { cameraIdSchema, lineIdSchema } from './ids.ts';
import { areaMessageSchema } from './sites.ts';
import { skewReportSchema } from './skew.ts';

/**
 * Boxes of one analysed frame; lossy, one message a frame. `ticks90k` is the frame's time on the camera's 90 kHz timeline
 * (epoch ms * 90); the video's RTP timestamps are the same number modulo 2^32.
 */
export const boxesMessageSchema = v.object({
  camera: cameraIdSchema,
  run: v.number(),
  ticks90k: v.number(),
  /** Server clock when the message was sent, epoch ms. */
  sentAtMs: v.number(),
  tracks: v.array(
    v.object({
      id: v.number(),
      /** [x1, y1, x2, y2] in image fractions. */
      box: v.tuple([v.number(), v.number(), v.number(), v.number()]),
      score: v.number(),
      /** Velocity of the box centre, image fractions a second. */
      velocity: v.tuple([v.number(), v.number()]),
    }),
  ),
  /** How many are in each zone, and how long who joins a queue has to wait (null: not known yet). Absent without zones. */
  zones: v.optional(
    v.array(v.object({ zone: lineIdSchema, people: v.number(), waitMs: v.optional(v.nullable(v.number())) })),
  ),
});
export type BoxesMessage = v.InferOutput<typeof boxesMessageSchema>;

/** Accepted counts of one camera since its baseline, in KV `counts` and pushed to pages. Written by the projector only. */
export const countsMessageSchema = v.object({
  camera: cameraIdSchema,
  sinceMs: v.number(),
  /** People inside by the lines' account; never below zero. */
  occupancy: v.number(),
  lines: v.array(v.object({ line: lineIdSchema, in: v.number(), out: v.number() })),
  /** Facts folded in so far; grows with each, so that a page can drop an older message. */
  version: v.number(),
});
export type CountsMessage = v.InferOutput<typeof countsMessageSchema>;

/** Server to page over the WebSocket. */
export const pageMessageSchema = v.variant('type', [
  v.object({ type: v.literal('boxes'), boxes: boxesMessageSchema }),
  v.object({ type: v.literal('counts'), counts: countsMessageSchema }),
  v.object({ type: v.literal('area'), area: areaMessageSchema }),
  v.object({ type: v.literal('state'), state: cameraStateSchema }),
  /** A camera was added, changed or deleted: the page loads its list again. */
  v.object({ type: v.literal('cameras-changed') }),
  /** The same of sites, areas and doors. */
  v.object({ type: v.literal('sites-changed') }),
  /** The server itself lost something the page depends on; null clears it. */
  v.object({ type: v.literal('notice'), notice: v.nullable(v.string()) }),
]);
export type PageMessage = v.InferOutput<typeof pageMessageSchema>;

/** Page to server. */
export const pageRequestSchema = v.variant('type', [
  /** Which cameras' boxes it wants. Counts and states come for all. */
  v.object({ type: v.literal('watch'), boxesOf: v.pipe(v.array(cameraIdSchema), v.maxLength(64)) }),
  /** Is the server still there? It answers with a `notice` at once. */
  v.object({ type: v.literal('ping') }),
  v.object({ type: v.literal('skew'), report: skewReportSchema }),
]);
export type PageRequest = v.InferOutput<typeof pageRequestSchema>;
