import * as v from 'valibot';
import { isMoved, splitCredentials } from '#protocol/camera.ts';
import { TOKEN_PATTERN } from '#protocol/ids.ts';
import type { CameraView } from '../camera-view.ts';

/** A camera's form, as typed. Checked alike in the page (at once) and on the server (for real). */
export interface CameraForm {
  name: string;
  url: string;
  subUrl: string;
  username: string;
  password: string;
  /** The stored user name and password go on, and the two fields say nothing. */
  keepLogin: boolean;
  model: string;
  /** Frames a second; empty: the usual ones. */
  analysisFps: string;
  /** Empty: any worker runs it. */
  group: string;
}

export type CameraField = keyof CameraForm;
export type FieldErrors = Partial<Record<CameraField, string>>;

const text = (max: number) => v.optional(v.pipe(v.string(), v.maxLength(max)), '');

const formEntries = {
  name: text(500),
  url: text(4000),
  subUrl: text(4000),
  username: text(500),
  password: text(500),
  keepLogin: v.optional(v.boolean(), false),
  model: text(500),
  analysisFps: text(20),
  group: text(500),
  /** Takes a camera that does not answer now. */
  addAnyway: v.optional(v.boolean(), false),
};

/** POST /api/v1/cameras. */
export const newCameraRequestSchema = v.object(formEntries);
export type NewCameraRequest = v.InferOutput<typeof newCameraRequestSchema>;

/** PATCH /api/v1/cameras/<id>: the whole form, and the revision it was filled in from. */
export const editCameraRequestSchema = v.object({
  ...formEntries,
  revision: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});
export type EditCameraRequest = v.InferOutput<typeof editCameraRequestSchema>;

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
  /** null: the camera asks for none. undefined: those that are stored. */
  readonly credentials: { readonly username: string; readonly password: string } | null | undefined;
  readonly model: string | null;
  readonly analysisFps: number;
  readonly group: string | null;
}

const USUAL_FPS = 10;
const MOST_FPS = 30;

export function emptyForm(): CameraForm {
  return {
    name: '',
    url: '',
    subUrl: '',
    username: '',
    password: '',
    keepLogin: false,
    model: '',
    analysisFps: String(USUAL_FPS),
    group: '',
  };
}

export function formOf(camera: CameraView): CameraForm {
  return {
    ...emptyForm(),
    name: camera.name,
    url: camera.mainUrl,
    subUrl: camera.subUrl ?? '',
    keepLogin: camera.hasCredentials,
    model: camera.model ?? '',
    analysisFps: String(camera.analysisFps),
    group: camera.group ?? '',
  };
}

/**
 * A form that was filled in from `before`, after somebody else made it `now`: what was not touched follows, what was typed
 * stays. `overtaken` are the fields both changed.
 */
export function rebased(
  form: CameraForm,
  before: CameraForm,
  now: CameraForm,
): { form: CameraForm; overtaken: CameraField[] } {
  const fields = Object.keys(now) as CameraField[];
  const isTouched = (field: CameraField): boolean => form[field] !== before[field];
  const followed = Object.fromEntries(fields.map((field) => [field, (isTouched(field) ? form : now)[field]]));
  return {
    form: { ...form, ...followed },
    overtaken: fields.filter((field) => isTouched(field) && now[field] !== before[field] && now[field] !== form[field]),
  };
}

const ADDRESS_HINT = 'This is not an RTSP address. It should look like rtsp://192.168.1.20:554/stream1';
const MOVED_HINT =
  'The stored password was entered for another server and is not sent to this one: enter user name and password.';

/**
 * Takes user and password out of the addresses; what was typed into their own fields wins over what an address carries.
 * One set of credentials serves both streams. `present`: the camera that is changed; null for a new one.
 */
export function checkCameraForm(
  form: CameraForm,
  present: Pick<CameraView, 'mainUrl' | 'subUrl'> | null = null,
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

  const typed = form.keepLogin ? { username: '', password: '' } : form;
  const username = typed.username !== '' ? typed.username : main?.username || sub?.username || '';
  const password = typed.password !== '' ? typed.password : main?.password || sub?.password || '';
  if (username === '' && password !== '') errors.username = 'A password needs a user name.';
  const isKept = form.keepLogin && username === '' && present !== null;
  if (isKept && isMoved(present, main?.url ?? null, sub?.url ?? null)) errors.keepLogin = MOVED_HINT;

  const fps = form.analysisFps.trim() === '' ? USUAL_FPS : Number(form.analysisFps.trim().replace(',', '.'));
  if (!(fps >= 1 && fps <= MOST_FPS)) errors.analysisFps = `Enter a number from 1 to ${String(MOST_FPS)}.`;

  const group = form.group.trim();
  if (group !== '' && !TOKEN_PATTERN.test(group)) {
    errors.group = 'A group is written in small letters, digits and hyphens, such as “attic”.';
  }

  if (main === null || Object.keys(errors).length > 0) return { ok: false, errors };
  return {
    ok: true,
    camera: {
      name,
      mainUrl: main.url,
      subUrl: sub?.url ?? null,
      credentials: isKept ? undefined : username === '' ? null : { username, password },
      model: form.model.trim() === '' ? null : form.model.trim(),
      analysisFps: fps,
      group: group === '' ? null : group,
    },
  };
}
