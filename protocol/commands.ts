import * as v from 'valibot';
import { streamUrlSchema } from './camera.ts';

/** Request/reply over NATS: the reply is either the result or a problem with a code from the catalogue. */
export const problemSchema = v.object({
  ok: v.literal(false),
  code: v.string(),
  message: v.string(),
});
export type Problem = v.InferOutput<typeof problemSchema>;

export function replySchema<S extends v.GenericSchema>(result: S) {
  return v.variant('ok', [v.object({ ok: v.literal(true), result }), problemSchema]);
}

/** DESCRIBE an address and say what is there. Credentials travel sealed. */
export const probeRequestSchema = v.object({
  url: streamUrlSchema,
  sealedCredentials: v.nullable(v.string()),
});
export type ProbeRequest = v.InferOutput<typeof probeRequestSchema>;

export const probeResultSchema = v.object({
  codec: v.string(),
  profile: v.nullable(v.string()),
  widthPx: v.nullable(v.number()),
  heightPx: v.nullable(v.number()),
  fps: v.nullable(v.number()),
});
export type ProbeResult = v.InferOutput<typeof probeResultSchema>;

/** Does this model file load and answer? Asked before a camera is given it. */
export const checkModelRequestSchema = v.object({ model: v.string() });
export type CheckModelRequest = v.InferOutput<typeof checkModelRequestSchema>;
export const checkModelResultSchema = v.object({
  format: v.string(),
  inputWidthPx: v.number(),
  inputHeightPx: v.number(),
});
export type CheckModelResult = v.InferOutput<typeof checkModelResultSchema>;

export const emptyResultSchema = v.object({});
