import * as v from 'valibot';

/** The detector in the box: small, for the simulated cameras and real ones much like them. Better ones can be fetched. */
export const DEMO_MODEL = 'footfall-person';

/** A model's name, as people type it and as its file is called. */
export const modelNameSchema = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9][a-z0-9._-]{0,59}$/i,
    'must be 1 to 60 letters, digits, dots, _ or -, and begin with none of the signs',
  ),
);

/** One exact file of a model: its name and the first 8 hex digits of the file's sha256, `yolox-nano@1a2b3c4d`. */
export function modelRef(name: string, sha256: string): string {
  return `${name}@${sha256.slice(0, 8)}`;
}

/** Takes `NAME` or `NAME@12345678` apart; null when it is neither. */
export function parseModelRef(text: string): { readonly name: string; readonly digest: string | null } | null {
  const [name = '', digest, ...more] = text.split('@');
  if (more.length > 0 || !v.is(modelNameSchema, name)) return null;
  if (digest !== undefined && !/^[0-9a-f]{8}$/.test(digest)) return null;
  return { name, digest: digest ?? null };
}

/**
 * Whether this is the detector in the box. `model` as a camera's state, a fact or a setting names it; null, as a setting,
 * stands for whatever is active, so ask with the model a camera's state says it runs on.
 */
export function isDemoModel(model: string): boolean {
  return parseModelRef(model)?.name === DEMO_MODEL;
}
