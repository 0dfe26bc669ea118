import * as v from 'valibot';
import { replySchema } from './commands.ts';

/** WHEP between web (HTTP) and the worker that holds the camera (media). SDP is bounded: a page's offer is ~6 kB. */
const sdp = v.pipe(v.string(), v.maxLength(64 * 1024));
const viewerId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

export const whepOfferSchema = v.object({ offerSdp: sdp });
export type WhepOffer = v.InferOutput<typeof whepOfferSchema>;
export const whepAnswerSchema = v.object({ viewerId, answerSdp: v.string() });
export type WhepAnswer = v.InferOutput<typeof whepAnswerSchema>;
export const whepOfferReplySchema = replySchema(whepAnswerSchema);

/** Trickled ICE candidates as an SDP fragment (RFC 8840). */
export const whepTrickleSchema = v.object({ viewerId, fragment: sdp });
export type WhepTrickle = v.InferOutput<typeof whepTrickleSchema>;

export const whepCloseSchema = v.object({ viewerId });
export type WhepClose = v.InferOutput<typeof whepCloseSchema>;
