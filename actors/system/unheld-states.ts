import type { CameraState } from '#protocol/camera.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bucket, Bus } from '#ops/runtime/bus.port.ts';
import type { Clock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import type { CameraView } from '../camera/camera-view.ts';

export interface UnheldStatesDeps {
  readonly worker: string;
  readonly bus: Bus;
  readonly states: Bucket<CameraState>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells of cameras that nobody runs. */
export class UnheldStates {
  readonly #deps: UnheldStatesDeps;

  constructor(deps: UnheldStatesDeps) {
    this.#deps = deps;
  }

  tell(camera: string, view: CameraView): void {
    this.#put(camera, view).catch((error: unknown) => {
      this.#deps.log.warn({ camera, error }, 'the state of a camera that nobody runs could not be published');
    });
  }

  async #put(camera: string, { state, reason, code }: CameraView): Promise<void> {
    const { worker, bus, states, clock } = this.#deps;
    const told = (await states.get(camera))?.value;
    if (told?.state === state && told.reason === reason) return;
    const sinceMs = told?.state === state ? told.sinceMs : clock.epochMs();
    const now = { camera, state, reason, code, sinceMs, retryAtMs: null, worker, run: told?.run ?? 0, model: null };
    bus.publishLive(subjects.liveState(camera), now);
    await states.put(camera, now);
  }
}
