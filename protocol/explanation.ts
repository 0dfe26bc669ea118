import * as v from 'valibot';
import { crossingReasonSchema, dismissalReasonSchema } from './facts.ts';
import { cameraIdSchema, lineIdSchema } from './ids.ts';
import { directionSchema } from './geometry.ts';

const pathSchema = v.array(v.tuple([v.number(), v.number()]));

/** Who and what decided a fact. */
const decidedBy = {
  factId: v.string(),
  camera: cameraIdSchema,
  worker: v.string(),
  leaseId: v.string(),
  run: v.number(),
  track: v.number(),
  line: lineIdSchema,
  model: v.string(),
  cameraRevision: v.number(),
  confidence: v.number(),
  detections: v.number(),
  boxHeightFrac: v.number(),
  /** Anchor path in image fractions, oldest first. */
  path: pathSchema,
};

/** What became of one fact, with all that is known about how it came to be. */
export const explanationSchema = v.variant('verdict', [
  v.object({
    verdict: v.literal('counted'),
    ...decidedBy,
    direction: directionSchema,
    crossedAtMs: v.number(),
    epoch: v.number(),
    processingMs: v.number(),
    clockUncertaintyMs: v.nullable(v.number()),
    why: v.nullable(crossingReasonSchema),
  }),
  v.object({
    verdict: v.literal('not-counted'),
    ...decidedBy,
    happenedAtMs: v.number(),
    ageMs: v.number(),
    reason: dismissalReasonSchema,
  }),
  /** It came, and was refused or taken back. */
  v.object({
    verdict: v.literal('rejected'),
    factId: v.string(),
    reason: v.picklist(['fenced', 'voided', 'invalid']),
    detail: v.string(),
    rejectedAtMs: v.number(),
  }),
  /** Its lease is not known yet. */
  v.object({ verdict: v.literal('held'), factId: v.string() }),
]);
export type Explanation = v.InferOutput<typeof explanationSchema>;
