import type { CameraState } from '#protocol/camera.ts';
import type { AppError } from '#protocol/errors.ts';
import type { CameraView } from '../camera/camera-view.ts';

/** What is known of a camera besides the state of its streams. */
export interface CameraStanding {
  readonly camera: string;
  readonly worker: string;
  readonly view: CameraView;
  /** Epoch ms at which the present state began. */
  readonly sinceMs: number;
  readonly run: number;
  /** In use; null before the first frame. */
  readonly model: string | null;
  /** Why its facts cannot be kept just now. */
  readonly trouble: AppError | null;
  /** Why the model it is set to is not the one in use. */
  readonly modelRefusal: AppError | null;
  /** Why its picture is shown as stills. */
  readonly stills: string | null;
  readonly problems: CameraState['problems'];
}

/** A camera's state as pages and others hear it. */
export function cameraStateOf(standing: CameraStanding, nowMs: number): CameraState {
  const { camera, worker, view, sinceMs, run, model, trouble, modelRefusal, stills, problems } = standing;
  const notes = [
    ...(modelRefusal === null
      ? []
      : [`The model it is set to cannot be used, so the last goes on: ${modelRefusal.message}.`]),
    ...(trouble === null ? [] : [`Counts cannot be kept just now: ${trouble.message}`]),
  ];
  return {
    camera,
    state: view.state,
    reason: [view.reason, ...notes].join(' '),
    code: trouble?.code ?? view.code ?? modelRefusal?.code ?? null,
    sinceMs,
    retryAtMs: view.retryInMs === null ? null : nowMs + view.retryInMs,
    worker,
    run,
    model,
    ...(stills === null ? {} : { stills }),
    problems: view.state === 'live' ? problems : [],
  };
}
