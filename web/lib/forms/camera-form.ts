import * as v from 'valibot';
import { splitCredentials } from '#protocol/camera.ts';

/** The add-camera form, as typed. Checked alike in the page (at once) and on the server (for real). */
export interface CameraForm {
  name: string;
  url: string;
  subUrl: string;
  username: string;
  password: string;
  model: string;
}

export type CameraField = keyof CameraForm;
export type FieldErrors = Partial<Record<CameraField, string>>;

const text = (max: number) => v.optional(v.pipe(v.string(), v.maxLength(max)), '');

/** POST /api/v1/cameras. `addAnyway` takes a camera that does not answer now. */
export const newCameraRequestSchema = v.object({
  name: text(500),
  url: text(4000),
  subUrl: text(4000),
  username: text(500),
  password: text(500),
  model: text(500),
  addAnyway: v.optional(v.boolean(), false),
});
export type NewCameraRequest = v.InferOutput<typeof newCameraRequestSchema>;

/** Problems members beyond RFC 9457's own, for the form. */
export const formProblemSchema = v.object({
  detail: v.string(),
  code: v.string(),
  fieldErrors: v.optional(v.record(v.string(), v.string())),
  canAddAnyway: v.optional(v.boolean(), false),
});
export type FormProblem = v.InferOutput<typeof formProblemSchema>;

export interface CheckedCamera {
  readonly name: string;
  readonly mainUrl: string;
  readonly subUrl: string | null;
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly model: string | null;
}

const ADDRESS_HINT = 'This is not an RTSP address. It should look like rtsp://192.168.1.20:554/stream1';

/**
 * Takes user and password out of the addresses; what was typed into their own fields wins over what an address carries.
 * One set of credentials serves both streams.
 */
export function checkCameraForm(
  form: CameraForm,
): { ok: true; camera: CheckedCamera } | { ok: false; errors: FieldErrors } {
  const errors: FieldErrors = {};
  const name = form.name.trim();
  if (name === '') errors.name = 'Give the camera a name, such as “Main entrance”.';
  else if (name.length > 60) errors.name = 'The name can have at most 60 characters.';
  else if (!/[\p{L}\p{N}]/u.test(name)) errors.name = 'The name needs at least one letter or digit.';

  const main = splitCredentials(form.url.trim());
  if (form.url.trim() === '') errors.url = 'Enter the camera’s RTSP address.';
  else if (main === null) errors.url = ADDRESS_HINT;
  const sub = form.subUrl.trim() === '' ? null : splitCredentials(form.subUrl.trim());
  if (form.subUrl.trim() !== '' && sub === null) errors.subUrl = ADDRESS_HINT;

  const username = form.username !== '' ? form.username : main?.username || sub?.username || '';
  const password = form.password !== '' ? form.password : main?.password || sub?.password || '';
  if (username === '' && password !== '') errors.username = 'A password needs a user name.';

  if (main === null || Object.keys(errors).length > 0) return { ok: false, errors };
  return {
    ok: true,
    camera: {
      name,
      mainUrl: main.url,
      subUrl: sub?.url ?? null,
      credentials: username === '' ? null : { username, password },
      model: form.model.trim() === '' ? null : form.model.trim(),
    },
  };
}
