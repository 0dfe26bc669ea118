import * as v from 'valibot';
import { cameraConfigSchema, splitCredentials } from '#protocol/camera.ts';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { lineSchema, zoneSchema } from '#protocol/geometry.ts';
import { cameraIdSchema } from '#protocol/ids.ts';

const credentialsSchema = v.object({
  username: v.pipe(v.string(), v.maxLength(200)),
  password: v.pipe(v.string(), v.maxLength(200)),
});
export type Credentials = v.InferOutput<typeof credentialsSchema>;

const address = v.pipe(v.string(), v.trim(), v.minLength(1, 'enter the address of the stream'), v.maxLength(2000));
const { name, model, analysisFps, group } = cameraConfigSchema.entries;

const changeable = {
  name: v.optional(name),
  enabled: v.optional(v.boolean()),
  /** May hold `user:password@`: they are taken out and sealed. */
  mainUrl: v.optional(address),
  subUrl: v.optional(v.nullable(address)),
  /** null: the camera asks for none. Absent: those of the address, else the stored ones while host and port stay. */
  credentials: v.optional(v.nullable(credentialsSchema)),
  model: v.optional(model),
  analysisFps: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(30))),
  group,
};

export const updateCameraSchema = v.object(changeable);
export type UpdateCamera = v.InferInput<typeof updateCameraSchema>;

export const createCameraSchema = v.object({
  ...changeable,
  /** Made from the name when absent. */
  id: v.optional(cameraIdSchema),
  name,
  mainUrl: address,
  analysisFps,
  lines: v.optional(v.array(lineSchema), []),
  zones: v.optional(v.array(zoneSchema), []),
});
export type CreateCamera = v.InferInput<typeof createCameraSchema>;

export const geometrySchema = v.object({
  lines: v.pipe(
    v.array(lineSchema),
    v.maxLength(32),
    v.check((lines) => hasOwnIds(lines), 'two lines have the same id'),
  ),
  zones: v.pipe(
    v.array(zoneSchema),
    v.maxLength(32),
    v.check((zones) => hasOwnIds(zones), 'two zones have the same id'),
  ),
});

function hasOwnIds(shapes: readonly { id: string }[]): boolean {
  return new Set(shapes.map(({ id }) => id)).size === shapes.length;
}

/** Throws `input.invalid`, or `geometry.out-of-range` when a line or zone is at fault. */
export function parseGeometry(lines: unknown, zones: unknown): v.InferOutput<typeof geometrySchema> {
  return parse(geometrySchema, { lines, zones }, 'geometry.out-of-range');
}

export interface Address {
  readonly url: string;
  /** Found in the address; null when it has none. */
  readonly credentials: Credentials | null;
}

/** Throws `camera.url-malformed`; the message does not repeat the address, which may hold a password. */
export function parseAddress(text: string): Address {
  const split = splitCredentials(text);
  if (split === null) {
    throw new AppError(
      'camera.url-malformed',
      'the address must look like rtsp://host[:port]/path (or rtsps://), special characters in a password percent-encoded',
    );
  }
  const { url, username, password } = split;
  return { url, credentials: username === '' && password === '' ? null : { username, password } };
}
