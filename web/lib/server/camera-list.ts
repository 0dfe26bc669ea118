import { toAppError } from '#protocol/errors.ts';
import type { CameraConfig } from '#protocol/camera.ts';
import type { CameraView } from '../camera-view.ts';
import type { Backend } from './backend.ts';

/** The cameras to show. While the database is away, as last published on the bus, and a sentence that says so. */
export async function camerasToShow({
  cameras,
  hub,
  log,
}: Backend): Promise<{ cameras: CameraView[]; notice: string | null }> {
  try {
    return { cameras: [...(await cameras.list())], notice: null };
  } catch (thrown) {
    const error = toAppError(thrown);
    log.warn({ error }, 'the camera list comes from the bus, the database does not answer');
    const notice = 'The database does not answer. Live pictures go on; nothing can be changed until it is back.';
    return { cameras: hub.cameras().map(viewOf), notice };
  }
}

/** Leaves the sealed credentials behind. */
export function viewOf(camera: CameraConfig): CameraView {
  const { id, name, enabled, mainUrl, subUrl, model, analysisFps, group, lines, zones, revision, sealedCredentials } =
    camera;
  return {
    id,
    name,
    enabled,
    mainUrl,
    subUrl,
    model,
    analysisFps,
    group: group ?? null,
    lines,
    zones,
    revision,
    hasCredentials: sealedCredentials !== null,
  };
}
