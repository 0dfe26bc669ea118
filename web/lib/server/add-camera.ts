import type { ProbeResult } from '#protocol/commands.ts';
import type { CameraView } from '../camera-view.ts';
import type { NewCameraRequest } from '../forms/camera-form.ts';
import type { Backend } from './backend.ts';
import { checkedOrRefused, checkModel, named, probeStreams } from './camera-checks.ts';

/**
 * Asks a worker whether the camera answers and the model loads, then keeps the camera. With `addAnyway` a camera that
 * cannot be reached now is kept too; one that answers with a refusal (password, path, codec) is not.
 */
export async function addCamera(
  backend: Backend,
  request: NewCameraRequest,
): Promise<{ camera: CameraView; probe: ProbeResult | null }> {
  const checked = checkedOrRefused(request, null);
  const probe = await probeStreams(backend, checked, null, request.addAnyway);
  if (checked.model !== null) await checkModel(backend, checked.model);
  return { camera: await backend.cameras.create(checked), probe };
}

/** The form's "Test" button: the same checks, nothing kept. */
export async function probeCamera(backend: Backend, request: NewCameraRequest): Promise<ProbeResult | null> {
  return probeStreams(backend, checkedOrRefused(named(request), null), null, false);
}
