import { fromPromise } from 'xstate';
import { cameraMachine } from '../camera/camera.machine.ts';
import { streamMachine, type SessionInput, type StreamTiming } from '../camera/stream.machine.ts';
import type { Lease, Leases } from '../leases/leases.ts';
import type { Outbox } from '../publishing/outbox.ts';
import type { CameraRegistry } from './camera-registry.ts';

export interface CameraActorDeps {
  readonly registry: CameraRegistry;
  readonly leases: Leases;
  readonly outbox: Outbox;
  readonly timing: StreamTiming;
}

/** The camera statechart with its real effects: leases, sessions, the outbox. */
export function cameraActors({ registry, leases, outbox, timing }: CameraActorDeps): ReturnType<typeof cameraMachine> {
  const held = new Map<string, Lease>();

  const session = fromPromise<never, SessionInput>(({ input, signal }) =>
    registry.media(input.camera).play(input, signal),
  );

  const claim = fromPromise<unknown, { camera: string }>(async ({ input: { camera } }) => {
    held.set(camera, await leases.claim(camera));
  });

  const hold = fromPromise<never, { camera: string }>(async ({ input: { camera }, signal }) => {
    const lease = held.get(camera);
    if (lease === undefined) throw new Error(`camera ${camera} was not claimed`);
    registry.hold(camera, {
      get isCertain() {
        return lease.isCertain;
      },
      start: (countsFromMs) => outbox.startLease(lease, countsFromMs),
      append: (fact) => outbox.append(lease, fact),
    });
    const stopped = new Promise<null>((resolve) => {
      signal.addEventListener(
        'abort',
        () => {
          resolve(null);
        },
        { once: true },
      );
    });
    const lost = await Promise.race([lease.lost, stopped]);
    registry.hold(camera, null);
    held.delete(camera);
    if (lost !== null) throw lost;
    await leases.release(lease);
    throw new Error('the camera was stopped');
  });

  return cameraMachine({ claim, hold, stream: streamMachine({ session }, timing) });
}
