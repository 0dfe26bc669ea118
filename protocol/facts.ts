import * as v from 'valibot';
import { cameraStateNameSchema } from './camera.ts';
import { anchorSchema, directionSchema } from './geometry.ts';
import { cameraMeasuredSchema, type CameraMeasured } from './camera-quality.ts';
import { count, provenance, unit } from './fact-fields.ts';
import { lineIdSchema } from './ids.ts';
import { pictureHealthChangedSchema } from './picture-health.ts';
import {
  zoneLeftSchema,
  zoneMeasuredSchema,
  zoneThresholdCrossedSchema,
  type ZoneLeft,
  type ZoneMeasured,
  type ZoneThresholdCrossed,
} from './zone-facts.ts';

/** Image fractions; a path may lead out of the picture. */
const pointPairSchema = v.tuple([v.number(), v.number()]);
const pathSchema = v.pipe(v.array(pointPairSchema), v.maxLength(32));

/** A lease owns camera time from `countsFromMs` on, until a lease with a greater (epoch, leaseId) does. Its n is 0. */
export const leaseStartedSchema = v.object({
  type: v.literal('LeaseStarted'),
  ...provenance,
  n: v.literal(0),
  countsFromMs: v.number(),
});
export type LeaseStarted = v.InferOutput<typeof leaseStartedSchema>;

/**
 * Which rule counted a crossing: seen for certain on both sides; first seen within the line's band (a door lets people into
 * view there) and then beyond it; seen on one side and, within the band, for the last time past the line.
 */
export const countingRuleSchema = v.picklist(['both-sides', 'first-seen-at-line', 'last-seen-at-line']);
export type CountingRule = v.InferOutput<typeof countingRuleSchema>;

/** Why a crossing counted. */
export const crossingReasonSchema = v.object({
  rule: countingRuleSchema,
  from: v.picklist(['left', 'right']),
  to: v.picklist(['left', 'right']),
  /** How often the path met the line on the way from the one side to the other: always odd. */
  meetings: count,
  /** How long this person had been in sight. */
  ageMs: v.number(),
  /** Half the width of the band beside the line in which no side is certain, in units of the person's own box. */
  bandBoxes: v.number(),
  /** The line as it was then: its ends and which point of the box was followed. */
  segment: v.tuple([pointPairSchema, pointPairSchema]),
  anchor: anchorSchema,
});
export type CrossingReason = v.InferOutput<typeof crossingReasonSchema>;

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
  path: pathSchema,
  why: v.optional(crossingReasonSchema),
  /** From the frame's arrival to the decision. */
  processingMs: v.number(),
  model: v.string(),
  /** Revision of the camera's settings in force. */
  cameraRevision: count,
  /** Seen with fewer frames than counting needs, for want of detectors; else absent. */
  degraded: v.optional(v.boolean()),
  /** Clock error beyond 500 ms at the time, else absent. */
  clockUncertaintyMs: v.optional(v.number()),
});
export type LineCrossed = v.InferOutput<typeof lineCrossedSchema>;

/** Why somebody who came near a line was not counted. */
export const dismissalReasonSchema = v.picklist([
  /** Was in the line's band and left it on the side they had come from. */
  'turned-back',
  /** Was followed for too short a time to be believed. */
  'too-young',
  /** Walked round an end of the line. */
  'passed-end',
  /** Was first seen so near the line that their side was not clear. */
  'began-on-line',
  /** Was last seen in the line's band. */
  'ended-on-line',
  /** Crossed and came back within the line's `reentryMs`: neither counts. */
  're-entry',
  /** A pushchair's passenger: small, and all the time at the side of somebody grown. */
  'pushed-along',
]);
export type DismissalReason = v.InferOutput<typeof dismissalReasonSchema>;

/** Somebody nearly crossed a line. A sample: a busy camera publishes only some. */
export const crossingDismissedSchema = v.object({
  type: v.literal('CrossingDismissed'),
  ...provenance,
  n: v.pipe(v.number(), v.integer(), v.minValue(1)),
  run: count,
  track: count,
  line: lineIdSchema,
  reason: dismissalReasonSchema,
  happenedAtMs: v.number(),
  ageMs: v.number(),
  confidence: unit,
  detections: count,
  boxHeightFrac: v.number(),
  /** Anchor path so far, simplified, oldest first. */
  path: pathSchema,
  model: v.string(),
  cameraRevision: count,
});
export type CrossingDismissed = v.InferOutput<typeof crossingDismissedSchema>;

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

export const factSchema = v.variant('type', [
  leaseStartedSchema,
  lineCrossedSchema,
  crossingDismissedSchema,
  cameraStateChangedSchema,
  pictureHealthChangedSchema,
  zoneLeftSchema,
  zoneThresholdCrossedSchema,
  zoneMeasuredSchema,
  cameraMeasuredSchema,
]);
export type Fact = v.InferOutput<typeof factSchema>;

/** What was counted at an instant of camera time: only the lease that owns the instant may tell it. */
export type CountedFact = LineCrossed | ZoneLeft | ZoneThresholdCrossed | ZoneMeasured | CameraMeasured;

/** The instant that decides whose fact it is, epoch ms. */
export function instantOf(fact: Undecided<CountedFact>): number {
  switch (fact.type) {
    case 'LineCrossed':
    case 'ZoneThresholdCrossed':
      return fact.crossedAtMs;
    case 'ZoneLeft':
      return fact.leftAtMs;
    case 'ZoneMeasured':
    case 'CameraMeasured':
      return fact.untilMs;
  }
}

/** A fact before the outbox gave it a number. */
export type Undecided<F extends Fact> = F extends Fact ? Omit<F, 'id' | 'n' | 'worker' | 'leaseId' | 'epoch'> : never;
