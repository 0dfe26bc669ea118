import * as v from 'valibot';
import { count, duration, numbered } from './fact-fields.ts';
import { cameraIdSchema } from './ids.ts';

/**
 * What can be wrong with a picture while its camera is connected and sends.
 * - frozen: the same picture again and again
 * - dark, washed-out: too little light to see anything, or too much
 * - covered: something before the lens hides much of what it used to show
 * - blurred: out of focus
 * - moved: it shows another place than before, so that lines and zones lie wrong
 */
export const pictureProblemSchema = v.picklist(['frozen', 'dark', 'washed-out', 'covered', 'blurred', 'moved']);
export type PictureProblem = v.InferOutput<typeof pictureProblemSchema>;

/** A problem there is now, and since when, epoch ms of the pictures. */
export const presentProblemSchema = v.object({ problem: pictureProblemSchema, sinceMs: v.number() });
export type PresentProblem = v.InferOutput<typeof presentProblemSchema>;

/** A camera's picture has had a problem for long enough to be believed, or no longer has. */
export const pictureHealthChangedSchema = v.object({
  type: v.literal('PictureHealthChanged'),
  ...numbered,
  problem: pictureProblemSchema,
  isPresent: v.boolean(),
  /** Since when it is so; `happenedAtMs` is when it had lasted for long enough. */
  sinceMs: v.number(),
  happenedAtMs: v.number(),
  run: count,
  cameraRevision: count,
});
export type PictureHealthChanged = v.InferOutput<typeof pictureHealthChangedSchema>;

/** What is known of a camera's usual picture, in KV `picture-memories`, so that a camera turned while nobody looked is noticed. */
export const pictureMemorySchema = v.object({
  camera: cameraIdSchema,
  /** The stream it was learned from; another one is another picture. */
  url: v.string(),
  /** Null: not known yet. */
  view: v.nullable(
    v.object({
      /** 80 x 48 cells, two signed bytes each, row by row; base64. */
      edges: v.pipe(v.string(), v.base64(), v.length(10_240)),
      sharpness: v.nullable(v.number()),
      watchedMs: duration,
    }),
  ),
  problems: v.array(presentProblemSchema),
});
export type PictureMemory = v.InferOutput<typeof pictureMemorySchema>;
