import * as v from 'valibot';
import { directionSchema } from './geometry.ts';
import type { Direction } from './geometry.ts';
import { cameraIdSchema, lineIdSchema } from './ids.ts';

/** A day: longer ones are marked in parts. */
const MAX_RANGE_MS = 24 * 3_600_000;
/** An eye and a detector differ by some frames about when a foot meets a line. */
export const DEFAULT_TOLERANCE_MS = 1_000;
const MAX_TOLERANCE_MS = 10_000;

const instantMs = v.pipe(v.number(), v.safeInteger('must be a whole number of milliseconds since 1970'), v.minValue(0));

/** Who marked: there are no accounts to take it from. */
export const markerSchema = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'say who you are'),
  v.maxLength(60, 'must be 60 characters or fewer'),
);

/** Truth is complete for its lines and its time: what is not marked there did not happen. */
export const newTruthSchema = v.pipe(
  v.object({
    camera: cameraIdSchema,
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
    fromMs: instantMs,
    /** Not included. */
    untilMs: instantMs,
    lines: v.pipe(
      v.array(lineIdSchema),
      v.minLength(1, 'name at least one line'),
      v.maxLength(16),
      v.check((lines) => new Set(lines).size === lines.length, 'names a line twice'),
    ),
    by: markerSchema,
  }),
  v.forward(
    v.check(({ fromMs, untilMs }) => untilMs > fromMs, 'must be later than fromMs'),
    ['untilMs'],
  ),
  v.forward(
    v.check(({ fromMs, untilMs }) => untilMs - fromMs <= MAX_RANGE_MS, 'must be within a day of fromMs'),
    ['untilMs'],
  ),
);
export type NewTruth = v.InferInput<typeof newTruthSchema>;

export const newTruthEventSchema = v.object({
  line: lineIdSchema,
  direction: directionSchema,
  atMs: instantMs,
  /** A crossing counted this much earlier or later is still this one. */
  toleranceMs: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_TOLERANCE_MS)),
    DEFAULT_TOLERANCE_MS,
  ),
});

export const markEventsSchema = v.object({
  by: markerSchema,
  events: v.pipe(v.array(newTruthEventSchema), v.minLength(1), v.maxLength(500)),
});
export type MarkEvents = v.InferInput<typeof markEventsSchema>;

/** One crossing that somebody saw. */
export interface TruthEvent {
  /** 1, 2, 3 ... within its truth; never used again. */
  readonly event: number;
  readonly line: string;
  readonly direction: Direction;
  readonly atMs: number;
  readonly toleranceMs: number;
  readonly markedBy: string;
  readonly markedAtMs: number;
}

export interface TruthSummary {
  readonly id: string;
  readonly camera: string;
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly lines: readonly string[];
  /** Raised by every change; earlier ones can still be read. */
  readonly revision: number;
  readonly createdBy: string;
  readonly createdAtMs: number;
}

export interface Truth extends TruthSummary {
  /** In the order of time. */
  readonly events: readonly TruthEvent[];
}
