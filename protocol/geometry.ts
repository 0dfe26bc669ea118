import * as v from 'valibot';
import { lineIdSchema } from './ids.ts';

const fraction = v.pipe(
  v.number(),
  v.minValue(0, 'must lie between 0 and 1 (a fraction of the picture)'),
  v.maxValue(1, 'must lie between 0 and 1 (a fraction of the picture)'),
);

/** A point in image fractions: [x, y], 0..1, origin top left, y down. */
export const pointSchema = v.tuple([fraction, fraction]);
export type Point = v.InferOutput<typeof pointSchema>;

export const anchorSchema = v.picklist(['foot', 'centre', 'head']);
export type Anchor = v.InferOutput<typeof anchorSchema>;

/** A directed line. Crossing from s < 0 to s > 0 (see `sideOf`) is `in`: left to right for someone walking p1 to p2. */
export const lineSchema = v.pipe(
  v.object({
    id: lineIdSchema,
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
    p1: pointSchema,
    p2: pointSchema,
    anchor: v.optional(anchorSchema, 'foot'),
    /** Who crosses and comes back within this time counts neither way; crossings count that much later. Absent: everybody counts. */
    reentryMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(600_000))),
  }),
  v.check((line) => Math.hypot(line.p2[0] - line.p1[0], line.p2[1] - line.p1[1]) >= 0.01, 'p1 and p2 must lie apart'),
);
export type Line = v.InferOutput<typeof lineSchema>;

const wholePeople = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000));

export const zoneSchema = v.object({
  id: lineIdSchema,
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
  polygon: v.pipe(v.array(pointSchema), v.minLength(3), v.maxLength(64)),
  /** Which point of a person's box is inside or outside; the foot when absent. */
  anchor: v.optional(anchorSchema),
  /** People wait here in turn: the wait is estimated. */
  isQueue: v.optional(v.boolean()),
  /** Who stays for less than this has only passed; 1 s when absent. */
  minStayMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(600_000))),
  /** More people inside than this, or fewer than that, for `holdMs` (5 s when absent) is told. */
  overPeople: v.optional(wholePeople),
  underPeople: v.optional(wholePeople),
  /** A new lease does not count in its first second, so nothing shorter would be told then. */
  holdMs: v.optional(v.pipe(v.number(), v.minValue(1_000), v.maxValue(3_600_000))),
});
export type Zone = v.InferOutput<typeof zoneSchema>;

export type Direction = 'in' | 'out';
export const directionSchema = v.picklist(['in', 'out']);

/** A person's box in image fractions, corners top left and bottom right. May reach outside 0..1 at the picture's edge. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** s(P) = cross(p2 - p1, P - p1). Negative and positive are the two sides; its size is not a distance. */
export function sideOf(p1: Point, p2: Point, point: Point): number {
  return (p2[0] - p1[0]) * (point[1] - p1[1]) - (p2[1] - p1[1]) * (point[0] - p1[0]);
}

export function anchorOf(box: Box, anchor: Anchor): Point {
  const x = (box.x1 + box.x2) / 2;
  if (anchor === 'foot') return [x, box.y2];
  return [x, anchor === 'head' ? box.y1 : (box.y1 + box.y2) / 2];
}

/** Intersection over union of two boxes, 0..1. */
export function iou(a: Box, b: Box): number {
  const w = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const h = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (w <= 0 || h <= 0) return 0;
  const inter = w * h;
  return inter / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - inter);
}
