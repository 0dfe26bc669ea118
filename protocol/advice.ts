import * as v from 'valibot';
import { lineSchema } from './geometry.ts';
import { lineIdSchema } from './ids.ts';

/** Something about where a line lies that is likely to cost counts, and what to do about it. */
export const placementAdviceSchema = v.object({
  line: lineIdSchema,
  code: v.picklist([
    'too-few-people',
    'too-short',
    'passed-by',
    'along-the-flow',
    'cuts-births',
    'near-edge',
    'weak-detection',
  ]),
  /** What was seen and what to do, for the person who draws the line. */
  message: v.string(),
});
export type PlacementAdvice = v.InferOutput<typeof placementAdviceSchema>;

/** Asked of the worker that runs the camera, for lines as drawn, kept or not. */
export const placementRequestSchema = v.object({ lines: v.pipe(v.array(lineSchema), v.maxLength(64)) });
export type PlacementRequest = v.InferOutput<typeof placementRequestSchema>;

export const placementResultSchema = v.object({
  /** People whose ways were recorded since the camera's worker started, newest few hundred. */
  people: v.number(),
  advice: v.array(placementAdviceSchema),
});
export type PlacementResult = v.InferOutput<typeof placementResultSchema>;
