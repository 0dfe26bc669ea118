import { checkModelResultSchema, probeResultSchema, type ProbeResult } from '#protocol/commands.ts';
import { AppError, toAppError } from '#protocol/errors.ts';
import { subjects } from '#protocol/subjects.ts';
import type { CameraView } from '../camera-view.ts';
import {
  checkCameraForm,
  type CameraField,
  type CheckedCamera,
  type FieldErrors,
  type NewCameraRequest,
} from '../forms/camera-form.ts';
import type { Backend } from './backend.ts';

const PROBE_TIMEOUT_MS = 15_000;
const MODEL_TIMEOUT_MS = 30_000;
/** Credentials in a probe are sealed for this purpose: there is no camera id yet. */
export const PROBE_PURPOSE = 'probe';

/** Why a camera was not added, and beside which field of the form that is said. */
export class CameraRefused extends AppError {
  readonly fieldErrors: FieldErrors;
  readonly canAddAnyway: boolean;

  constructor(cause: AppError, fieldErrors: FieldErrors, canAddAnyway: boolean) {
    super(cause.code, cause.message, { cause });
    this.fieldErrors = fieldErrors;
    this.canAddAnyway = canAddAnyway;
  }
}

/**
 * Asks a worker whether the camera answers and the model loads, then keeps the camera. With `addAnyway` a camera that
 * cannot be reached now is kept too; one that answers with a refusal (password, path, codec) is not.
 */
export async function addCamera(
  backend: Backend,
  request: NewCameraRequest,
): Promise<{ camera: CameraView; probe: ProbeResult | null }> {
  const checked = checkedOrRefused(request);
  const probe = await probeStreams(backend, checked, request.addAnyway);
  if (checked.model !== null) await checkModel(backend, checked.model);
  return { camera: await backend.cameras.create(checked), probe };
}

/** The form's "Test" button: the same checks, nothing kept. */
export async function probeCamera(backend: Backend, request: NewCameraRequest): Promise<ProbeResult | null> {
  const checked = checkedOrRefused({ ...request, name: request.name.trim() === '' ? 'Unnamed' : request.name });
  return probeStreams(backend, checked, false);
}

function checkedOrRefused(request: NewCameraRequest): CheckedCamera {
  const result = checkCameraForm(request);
  if (result.ok) return result.camera;
  const malformed = result.errors.url !== undefined || result.errors.subUrl !== undefined;
  const first = Object.values(result.errors)[0] ?? 'the form has a mistake';
  throw new CameraRefused(
    new AppError(malformed ? 'camera.url-malformed' : 'input.invalid', first),
    result.errors,
    false,
  );
}

/** What the main stream is; null when it was not reached and need not be. */
async function probeStreams(
  backend: Backend,
  camera: CheckedCamera,
  mayBeUnreachable: boolean,
): Promise<ProbeResult | null> {
  const sealedCredentials =
    camera.credentials === null ? null : backend.sealer.seal(JSON.stringify(camera.credentials), PROBE_PURPOSE);
  const probe = async (url: string, field: 'url' | 'subUrl'): Promise<ProbeResult | null> => {
    try {
      return await backend.bus.request(
        subjects.probeCamera,
        { url, sealedCredentials },
        probeResultSchema,
        PROBE_TIMEOUT_MS,
      );
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.retryable && mayBeUnreachable) return null;
      const at: CameraField = error.code === 'camera.refused-login' ? 'password' : field;
      throw new CameraRefused(error, { [at]: error.message }, error.retryable);
    }
  };
  const [main] = await Promise.all([
    probe(camera.mainUrl, 'url'),
    camera.subUrl === null ? null : probe(camera.subUrl, 'subUrl'),
  ]);
  return main;
}

async function checkModel(backend: Backend, model: string): Promise<void> {
  try {
    await backend.bus.request(subjects.checkModel, { model }, checkModelResultSchema, MODEL_TIMEOUT_MS);
  } catch (thrown) {
    const error = toAppError(thrown);
    throw new CameraRefused(error, { model: error.message }, false);
  }
}
