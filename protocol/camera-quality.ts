import * as v from 'valibot';
import { count, duration, numbered, unit } from './fact-fields.ts';

/** How well a camera could be counted in about a minute, owned by the lease of its end. */
export const cameraMeasuredSchema = v.object({
  type: v.literal('CameraMeasured'),
  ...numbered,
  fromMs: v.number(),
  untilMs: v.number(),
  /** Frames that were tracked, and those a second that were asked for and reached. */
  frames: count,
  fpsWanted: v.number(),
  fpsReached: v.number(),
  /** Mean score of the people seen; null when nobody was. */
  confidence: v.nullable(unit),
  /** Frames lost before decoding, waiting for a detector, and to a detector that failed. */
  droppedDecoding: count,
  droppedWaiting: count,
  failed: count,
  /** Time in which fewer frames came than counting needs: 4 a second, or those asked for where that is less. */
  degradedMs: duration,
  /** Tracks that entered a line's band, and crossings; their ratio is the fragmentation, 1 where every person is one track. */
  tracksAtLines: v.optional(count),
  crossings: v.optional(count),
  /** The model of the last frame; null when there was none. */
  model: v.nullable(v.string()),
  cameraRevision: count,
});
export type CameraMeasured = v.InferOutput<typeof cameraMeasuredSchema>;
