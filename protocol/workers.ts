import * as v from 'valibot';
import { tokenSchema } from './ids.ts';

const amount = v.pipe(v.number(), v.minValue(0));

/** What a worker tells people of itself, part of its heartbeat. One of an earlier version says none of it. */
export const workerDetailsSchema = v.object({
  /** Fleet time, epoch ms. */
  startedAtMs: v.optional(v.nullable(v.number()), null),
  version: v.optional(v.nullable(v.string()), null),
  cores: v.optional(v.nullable(amount), null),
  /** CPU cores that its process used in the last seconds. */
  load: v.optional(v.nullable(amount), null),
  /** What its detectors manage. */
  inferencesPerSecond: v.optional(v.nullable(amount), null),
  /** Where viewers reach it: `announced` if that is set, else where it listens. */
  addresses: v.optional(v.object({ announced: v.nullable(v.string()), listening: v.array(v.string()) }), {
    announced: null,
    listening: [],
  }),
  /** What it has that others have not: a site, a GPU. */
  groups: v.optional(v.array(tokenSchema), []),
});
export type WorkerDetails = v.InferOutput<typeof workerDetailsSchema>;

export const UNKNOWN_DETAILS: WorkerDetails = v.parse(workerDetailsSchema, {});

/** KV `worker-orders`: what an operator wants of a worker, kept in PostgreSQL. */
export const workerOrdersSchema = v.strictObject({
  /** Keeps its cameras, takes no more. */
  cordoned: v.boolean(),
  /** Hands all of its cameras over, and takes none. */
  drained: v.boolean(),
});
export type WorkerOrders = v.InferOutput<typeof workerOrdersSchema>;

export const NO_ORDERS: WorkerOrders = { cordoned: false, drained: false };
