import * as v from 'valibot';
import { lineSchema, zoneSchema } from './geometry.ts';
import { cameraIdSchema, tokenSchema } from './ids.ts';
import { presentProblemSchema } from './picture-health.ts';

/** An RTSP address without user or password: those travel sealed, never in a URL. */
export const streamUrlSchema = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(2000),
  v.check((text) => parseStreamUrl(text) !== null, 'must look like rtsp://host[:port]/path (or rtsps://)'),
);

/** What a worker needs to run one camera: the desired state, kept in PostgreSQL and mirrored to KV `cameras`. */
export const cameraConfigSchema = v.object({
  id: cameraIdSchema,
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
  /** Raised by every change in the row's own transaction; a worker ignores lower ones. */
  revision: v.pipe(v.number(), v.integer(), v.minValue(1)),
  enabled: v.boolean(),
  /** A tombstone: the camera was deleted at this revision. */
  deleted: v.optional(v.boolean(), false),
  mainUrl: streamUrlSchema,
  /** The smaller stream that is analysed; null: the main stream is analysed too. */
  subUrl: v.nullable(streamUrlSchema),
  /** AES-256-GCM sealed `{"username","password"}`; null: the camera asks for none. */
  sealedCredentials: v.nullable(v.string()),
  /** Name of a shipped model, or the path of an ONNX file on the worker; null: the shipped default. */
  model: v.nullable(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(500))),
  /** Frames a second wanted for analysis. */
  analysisFps: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(30)), 10),
  /** Only workers of this group run it; null or absent: any. */
  group: v.optional(v.nullable(tokenSchema)),
  lines: v.array(lineSchema),
  zones: v.array(zoneSchema),
});
export type CameraConfig = v.InferOutput<typeof cameraConfigSchema>;

export const cameraStateNameSchema = v.picklist(['connecting', 'live', 'stalled', 'backing-off', 'failed', 'stopped']);
export type CameraStateName = v.InferOutput<typeof cameraStateNameSchema>;

/** What a camera is doing and why, in KV `camera-states` and on `footfall.live.camera.<id>.state.v1`. */
export const cameraStateSchema = v.object({
  camera: cameraIdSchema,
  state: cameraStateNameSchema,
  /** One sentence for an operator. */
  reason: v.string(),
  /** Code of the error behind it, when there is one. */
  code: v.nullable(v.string()),
  sinceMs: v.number(),
  /** When the next attempt is due, epoch ms; null outside backing-off. */
  retryAtMs: v.nullable(v.number()),
  worker: tokenSchema,
  run: v.number(),
  /** Model in use; null before the first frame. */
  model: v.nullable(v.string()),
  /** Why its picture is shown as stills, one sentence for an operator; absent: as video. */
  stills: v.optional(v.string()),
  /** What is wrong with its picture; absent while it shows none. */
  problems: v.optional(v.array(presentProblemSchema)),
});
export type CameraState = v.InferOutput<typeof cameraStateSchema>;

/** The URL when it is a usable rtsp(s) address, else null. */
export function parseStreamUrl(text: string): URL | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  if (url.protocol !== 'rtsp:' && url.protocol !== 'rtsps:') return null;
  return url.hostname === '' || /\s/.test(text) ? null : url;
}

/** Takes user and password out of an address, so that they can be sealed. They are percent-decoded. */
export function splitCredentials(text: string): { url: string; username: string; password: string } | null {
  const url = parseStreamUrl(text);
  if (url === null) return null;
  try {
    const username = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    url.username = '';
    url.password = '';
    return { url: url.href, username, password };
  } catch {
    return null; // A stray % that is no escape.
  }
}

/**
 * Does an address name another server than the camera's own? A stored password is never sent where it was not entered for.
 * `subUrl` null: the camera has, or is to have, no second stream.
 */
export function isMoved(
  camera: { readonly mainUrl: string; readonly subUrl?: string | null | undefined },
  mainUrl: string | null,
  subUrl: string | null,
): boolean {
  return (
    (mainUrl !== null && !isSameServer(mainUrl, camera.mainUrl)) ||
    (subUrl !== null && !isSameServer(subUrl, camera.subUrl ?? camera.mainUrl))
  );
}

function isSameServer(a: string, b: string): boolean {
  const first = parseStreamUrl(a);
  const second = parseStreamUrl(b);
  return first !== null && first.protocol === second?.protocol && first.host === second.host;
}
