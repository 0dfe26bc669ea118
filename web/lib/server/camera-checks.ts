import { checkModelResultSchema, probeResultSchema, type ProbeResult } from '#protocol/commands.ts';
import { AppError, toAppError } from '#protocol/errors.ts';
import { subjects } from '#protocol/subjects.ts';
import type { CameraView } from '../camera-view.ts';
import {
  checkCameraForm,
  type CameraField,
  type CameraForm,
  type CheckedCamera,
  type FieldErrors,
} from '../forms/camera-form.ts';
import type { Backend } from './backend.ts';

const PROBE_TIMEOUT_MS = 15_000;
const MODEL_TIMEOUT_MS = 30_000;
/** Credentials in a probe are sealed for this purpose: there may be no camera yet. */
export const PROBE_PURPOSE = 'probe';

/** Why a camera was not kept as asked, and beside which field of the form that is said. */
export class CameraRefused extends AppError {
  readonly fieldErrors: FieldErrors;
  readonly canAddAnyway: boolean;

  constructor(cause: AppError, fieldErrors: FieldErrors, canAddAnyway: boolean) {
    super(cause.code, cause.message, { cause });
    this.fieldErrors = fieldErrors;
    this.canAddAnyway = canAddAnyway;
  }
}

/** Throws CameraRefused with every field's fault. `present`: the camera that is changed; null for a new one. */
export function checkedOrRefused(form: CameraForm, present: CameraView | null): CheckedCamera {
  const result = checkCameraForm(form, present);
  if (result.ok) return result.camera;
  const malformed = result.errors.url !== undefined || result.errors.subUrl !== undefined;
  const first = Object.values(result.errors)[0] ?? 'the form has a mistake';
  throw new CameraRefused(
    new AppError(malformed ? 'camera.url-malformed' : 'input.invalid', first),
    result.errors,
    false,
  );
}

/** The form's "Test" button needs no name. */
export function named<F extends CameraForm>(form: F): F {
  return { ...form, name: form.name.trim() === '' ? 'Unnamed' : form.name };
}

/**
 * What the main stream is; null when it was not reached and need not be. `stored`: the credentials that are kept, in the
 * clear; null when the form says.
 */
export async function probeStreams(
  { bus, sealer }: Backend,
  camera: CheckedCamera,
  stored: string | null,
  mayBeUnreachable: boolean,
): Promise<ProbeResult | null> {
  const isKept = camera.credentials === undefined;
  const plain = isKept ? stored : camera.credentials === null ? null : JSON.stringify(camera.credentials);
  const sealedCredentials = plain === null ? null : sealer.seal(plain, PROBE_PURPOSE);
  const probe = async (url: string, field: 'url' | 'subUrl'): Promise<ProbeResult | null> => {
    try {
      return await bus.request(subjects.probeCamera, { url, sealedCredentials }, probeResultSchema, PROBE_TIMEOUT_MS);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.retryable && mayBeUnreachable) return null;
      const loginField: CameraField = isKept ? 'keepLogin' : 'password';
      const at: CameraField = error.code === 'camera.refused-login' ? loginField : field;
      throw new CameraRefused(error, { [at]: error.message }, error.retryable);
    }
  };
  const [main] = await Promise.all([
    probe(camera.mainUrl, 'url'),
    camera.subUrl === null ? null : probe(camera.subUrl, 'subUrl'),
  ]);
  return main;
}

/** Throws CameraRefused when the model does not load. */
export async function checkModel({ bus }: Backend, model: string): Promise<void> {
  try {
    await bus.request(subjects.checkModel, { model }, checkModelResultSchema, MODEL_TIMEOUT_MS);
  } catch (thrown) {
    const error = toAppError(thrown);
    throw new CameraRefused(error, { model: error.message }, false);
  }
}
