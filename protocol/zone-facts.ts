import * as v from 'valibot';
import { count, duration, numbered, unit } from './fact-fields.ts';
import { lineIdSchema } from './ids.ts';

/**
 * Somebody was in a zone and is gone: entry and exit in one, so that a dwell needs no pairing. Owned by the lease of
 * `leftAtMs`. Who is still inside when a worker ends has no visit, but their entry is in the zone's minute.
 */
export const zoneLeftSchema = v.object({
  type: v.literal('ZoneLeft'),
  ...numbered,
  run: count,
  track: count,
  zone: lineIdSchema,
  /** Frame times at which the anchor met the border, or of the first and the last sight inside. */
  enteredAtMs: v.number(),
  leftAtMs: v.number(),
  /** First seen inside, for example where the zone lies at the picture's edge. */
  appeared: v.boolean(),
  /** Last seen inside: hidden for too long, or the pictures ended. They stayed at least this long. */
  lost: v.boolean(),
  confidence: unit,
  model: v.string(),
  cameraRevision: count,
});
export type ZoneLeft = v.InferOutput<typeof zoneLeftSchema>;

/**
 * A zone has had more people than its `overPeople`, or fewer than its `underPeople`, for its `holdMs`; or no longer has.
 * A worker that begins to count a zone tells in any case on which side it is.
 */
export const zoneThresholdCrossedSchema = v.object({
  type: v.literal('ZoneThresholdCrossed'),
  ...numbered,
  zone: lineIdSchema,
  threshold: v.picklist(['over', 'under']),
  limit: count,
  people: count,
  isBeyond: v.boolean(),
  /** Since when it is so; `crossedAtMs` is when it had lasted for long enough. */
  sinceMs: v.number(),
  crossedAtMs: v.number(),
  cameraRevision: count,
});
export type ZoneThresholdCrossed = v.InferOutput<typeof zoneThresholdCrossedSchema>;

/** How a zone was occupied in a minute of the clock, or in the part of it that this worker watched. */
export const zoneMeasuredSchema = v.object({
  type: v.literal('ZoneMeasured'),
  ...numbered,
  zone: lineIdSchema,
  fromMs: v.number(),
  untilMs: v.number(),
  /** The part in which frames came. */
  observedMs: duration,
  peopleMin: count,
  peopleMax: count,
  /** Weighted by time. */
  peopleMean: v.pipe(v.number(), v.minValue(0)),
  /** Inside at the end; in a queue, its length. */
  people: count,
  /** Decided in it: an entry counts once somebody has stayed long enough. */
  entries: count,
  exits: count,
  /** Of those who left. */
  dwellMeanMs: v.nullable(duration),
  /** Queues only: what somebody who joins at the end has to wait; null while nobody has left yet. */
  waitMs: v.optional(v.nullable(duration)),
  cameraRevision: count,
});
export type ZoneMeasured = v.InferOutput<typeof zoneMeasuredSchema>;
