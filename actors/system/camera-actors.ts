import { fromPromise } from 'xstate';
import type { AppError } from '#protocol/errors.ts';
import { cameraMachine } from '../camera/camera.machine.ts';
import { streamMachine, type SessionInput, type StreamTiming } from '../camera/stream.machine.ts';
import type { CameraRegistry } from './camera-registry.ts';

/** The camera statechart with its real effects. */
export function cameraActors(
  registry: Pick<CameraRegistry, 'play' | 'untilLost'>,
  timing: StreamTiming,
): ReturnType<typeof cameraMachine> {
  const session = fromPromise<never, SessionInput>(({ input, signal }) => registry.play(input, signal));
  const hold = fromPromise<AppError, { camera: string }>(({ input }) => registry.untilLost(input.camera));
  return cameraMachine({ hold, stream: streamMachine({ session }, timing) });
}
