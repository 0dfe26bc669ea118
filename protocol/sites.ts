import * as v from 'valibot';
import { cameraIdSchema, lineIdSchema, tokenSchema } from './ids.ts';
import { isDay, isTimeZone, TIME_PATTERN } from './site-time.ts';

/** Sites and areas share one space of ids: the area with its site's id is the whole site. */
export const areaIdSchema = tokenSchema;

const name = v.pipe(v.string(), v.trim(), v.minLength(1, 'give it a name'), v.maxLength(60));
const people = v.pipe(
  v.number(),
  v.integer('must be a whole number of people'),
  v.minValue(0, 'cannot be below zero'),
  v.maxValue(1_000_000),
);
const capacity = v.nullable(v.pipe(people, v.minValue(1, 'must be at least 1; leave it out where there is no limit')));
const timeZone = v.pipe(
  v.string(),
  v.trim(),
  v.check(isTimeZone, 'is not a time zone: give a name such as Europe/Berlin'),
);
const time = v.pipe(v.string(), v.regex(TIME_PATTERN, 'must be a time of day such as 04:00'));
export const daySchema = v.pipe(v.string(), v.check(isDay, 'must be a day such as 2026-03-29'));

export const newAreaSchema = v.object({
  /** Made from the name when absent. */
  id: v.optional(areaIdSchema),
  name,
  capacity: v.optional(capacity, null),
  /** How many are inside at the site's scheduled baseline: a night porter is one. */
  baselineTo: v.optional(people, 0),
});
export type NewArea = v.InferInput<typeof newAreaSchema>;

export const areaChangesSchema = v.object({
  name: v.optional(name),
  capacity: v.optional(capacity),
  baselineTo: v.optional(people),
});
export type AreaChanges = v.InferInput<typeof areaChangesSchema>;

export const newSiteSchema = v.object({
  id: v.optional(areaIdSchema),
  name,
  timeZone,
  /** When, by the site's clocks, every area is set to its `baselineTo`; null: never. */
  baselineAt: v.optional(v.nullable(time), null),
  capacity: v.optional(capacity, null),
  areas: v.optional(v.pipe(v.array(newAreaSchema), v.maxLength(64)), []),
});
export type NewSite = v.InferInput<typeof newSiteSchema>;

export const siteChangesSchema = v.object({
  name: v.optional(name),
  timeZone: v.optional(timeZone),
  baselineAt: v.optional(v.nullable(time)),
  capacity: v.optional(capacity),
});
export type SiteChanges = v.InferInput<typeof siteChangesSchema>;

/** A line of a camera that sees the same door a second time: compared, never counted. */
const twinSchema = v.object({
  camera: cameraIdSchema,
  line: lineIdSchema,
  /** Its `in` is the door's `out`. */
  reversed: v.optional(v.boolean(), false),
});

/** Who crosses the line `in` goes `from` -> `to`, who crosses it `out` the other way; null is outside the site. */
export const newDoorSchema = v.pipe(
  v.object({
    id: v.optional(tokenSchema),
    name,
    camera: cameraIdSchema,
    line: lineIdSchema,
    from: v.nullable(areaIdSchema),
    to: v.nullable(areaIdSchema),
    twin: v.optional(v.nullable(twinSchema), null),
  }),
  v.check((door) => door.from !== door.to, 'a door leads from one area to another, or to or from outside (null)'),
  v.check(
    ({ camera, line, twin }) => twin?.camera !== camera || twin.line !== line,
    'the twin must be another line than the one that counts',
  ),
);
export type NewDoor = v.InferInput<typeof newDoorSchema>;
export type Door = v.InferOutput<typeof newDoorSchema>;

/** Sets areas to what somebody counted there. Where every area of the site is named, the whole is set to their sum. */
export const newBaselineSchema = v.object({
  areas: v.pipe(
    v.record(areaIdSchema, people),
    v.check((areas) => Object.keys(areas).length > 0, 'name at least one area'),
  ),
  /** Epoch ms; now when absent. Crossings after it are counted on top. */
  atMs: v.optional(v.pipe(v.number(), v.integer())),
  /** Who says so. */
  by: v.pipe(v.string(), v.trim(), v.minLength(1, 'say who counted'), v.maxLength(60)),
  note: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(500)), ''),
});
export type NewBaseline = v.InferInput<typeof newBaselineSchema>;

/** People inside an area, in KV `areas` and pushed to pages. Written by the projector only. */
export const areaMessageSchema = v.object({
  area: areaIdSchema,
  /** The same as `area` for the site's total, which counts its outer doors alone. */
  site: areaIdSchema,
  /** Never below zero. */
  occupancy: v.number(),
  capacity: v.nullable(v.number()),
  /** The newest baseline; null: there was none yet. */
  sinceMs: v.nullable(v.number()),
  /** Since the site's last midnight; out of date when `day` is no longer today there. */
  today: v.object({ day: v.string(), entered: v.number(), exited: v.number() }),
  /** Of the site's settings: another one means that the page should load the site again. */
  revision: v.number(),
  /** Grows with each change of the number, so that a page can drop an older message. */
  version: v.number(),
});
export type AreaMessage = v.InferOutput<typeof areaMessageSchema>;
