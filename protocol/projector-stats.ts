import * as v from 'valibot';
import { count } from './fact-fields.ts';

/** How far the projector is behind the facts stream, said by itself when asked. */
export const projectorStatsSchema = v.object({
  /** Messages not stored yet. */
  waiting: count,
  /** How long the oldest of them has waited. */
  oldestForMs: v.nullable(v.pipe(v.number(), v.minValue(0))),
  /** Since when it fetches nothing because the database cannot be used; null: it can. Epoch ms. */
  pausedSinceMs: v.nullable(v.number()),
  pausedBecause: v.nullable(v.string()),
});
export type ProjectorStats = v.InferOutput<typeof projectorStatsSchema>;
