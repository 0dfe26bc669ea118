import type { ProbeResult } from '#protocol/commands.ts';
import type { CameraView } from '../camera-view.ts';
import type { CheckedCamera, EditCameraRequest } from '../forms/camera-form.ts';
import type { Backend } from './backend.ts';
import { checkedOrRefused, checkModel, named, probeStreams } from './camera-checks.ts';

/**
 * Changes a camera as its form says. A worker is asked only about what changed: a new name needs no camera that answers.
 * Rejects with camera.not-found and camera.changed-meanwhile besides what `addCamera` rejects with.
 */
export async function editCamera(
  backend: Backend,
  id: string,
  request: EditCameraRequest,
): Promise<{ camera: CameraView; probe: ProbeResult | null }> {
  const present = await backend.cameras.byId(id);
  const checked = checkedOrRefused(request, present);
  const probe = isConnectedOtherwise(present, checked)
    ? await probeStreams(backend, checked, await storedLogin(backend, id, checked), request.addAnyway)
    : null;
  if (checked.model !== null && checked.model !== present.model) await checkModel(backend, checked.model);
  return { camera: await backend.cameras.update(id, checked, request.revision), probe };
}

/** The form's "Test" button: asks with the stored password where that is kept. */
export async function probeEdited(
  backend: Backend,
  id: string,
  request: EditCameraRequest,
): Promise<ProbeResult | null> {
  const checked = checkedOrRefused(named(request), await backend.cameras.byId(id));
  return probeStreams(backend, checked, await storedLogin(backend, id, checked), false);
}

function isConnectedOtherwise(present: CameraView, wanted: CheckedCamera): boolean {
  const hasNewLogin = wanted.credentials === null ? present.hasCredentials : wanted.credentials !== undefined;
  return wanted.mainUrl !== present.mainUrl || wanted.subUrl !== present.subUrl || hasNewLogin;
}

/** In the clear, for this request only; null when the form brings its own or the camera has none. */
async function storedLogin(backend: Backend, id: string, { credentials }: CheckedCamera): Promise<string | null> {
  if (credentials !== undefined) return null;
  const sealed = await backend.cameras.sealedCredentials(id);
  return sealed === null ? null : backend.sealer.open(sealed, `camera:${id}`);
}
