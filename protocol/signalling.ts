import * as v from 'valibot';

/** WHEP between web (HTTP) and the worker that holds the camera (media). SDP is bounded: a page's offer is ~6 kB. */
const sdp = v.pipe(v.string(), v.maxLength(64 * 1024));
const viewerId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
/** Names one ICE session of a viewer: another after each restart. */
const iceTag = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));

export const whepOfferSchema = v.object({ offerSdp: sdp });
export type WhepOffer = v.InferOutput<typeof whepOfferSchema>;
/** `iceTag` is missing from a worker that cannot restart ICE. */
export const whepAnswerSchema = v.object({ viewerId, answerSdp: v.string(), iceTag: v.optional(iceTag) });
export type WhepAnswer = v.InferOutput<typeof whepAnswerSchema>;

/** An SDP fragment (RFC 8840) with candidates or an ICE restart; `iceTags`: for which sessions, '*' any, null none named. */
export const whepPatchSchema = v.object({
  viewerId,
  fragment: sdp,
  iceTags: v.nullable(v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.maxLength(8))),
});
export type WhepPatch = v.InferOutput<typeof whepPatchSchema>;
/** `restarted` null: it held candidates, which were taken. */
export const whepPatchedSchema = v.object({
  restarted: v.nullable(v.object({ iceTag, fragment: v.string() })),
});
export type WhepPatched = v.InferOutput<typeof whepPatchedSchema>;

export const whepCloseSchema = v.object({ viewerId });
export type WhepClose = v.InferOutput<typeof whepCloseSchema>;

/** A camera's viewers of now, connected or still joining. */
export const whepViewersSchema = v.object({ viewerIds: v.array(viewerId) });
export type WhepViewers = v.InferOutput<typeof whepViewersSchema>;
