import { join } from 'node:path';
import { createActor } from 'xstate';
import { cameraConfigSchema, cameraStateSchema } from '#protocol/camera.ts';
import { buckets } from '#protocol/streams.ts';
import { openLeases } from '#actors/leases/leases.ts';
import { Mover } from '#actors/leases/mover.ts';
import { openOutbox } from '#actors/publishing/outbox.ts';
import { cameraActors } from '#actors/system/camera-actors.ts';
import { CameraRegistry } from '#actors/system/camera-registry.ts';
import { rootMachine } from '#actors/system/root.machine.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { openLog } from '#ops/runtime/log.ts';
import { VirtualCamera } from './virtual-camera.ts';

/** One line of JSON in the arguments. */
export interface VirtualWorkerOptions {
  readonly worker: string;
  readonly folder: string;
  readonly capacity: number;
  readonly crossingEveryMs: number;
  readonly nats: { readonly url: string; readonly user: string; readonly passwordFile: string };
}

/** A worker as actors/main.ts is one, but for media, models and viewers. Ends with its parent. */
const { worker, folder, capacity, crossingEveryMs, nats } = JSON.parse(process.argv[2] ?? '') as VirtualWorkerOptions;
process.on('disconnect', () => process.exit());
const log = openLog(worker, 'warn');
const clock = new SlewedClock();
const bus = await openBus({ ...nats, name: worker, log });
const outbox = await openOutbox({ file: join(folder, `${worker}.sqlite`), worker, bus, log, clock });
const states = await bus.bucket(buckets.cameraStates, cameraStateSchema);
const leases = await openLeases({
  ...{ bus, clock, log, worker, host: 'virtual', capacity },
  availability: (cameras) => (cameras >= capacity ? 'full' : 'open'),
  relay: () => 'none',
});
const registry = new CameraRegistry({
  ...{ worker, bus, states, clock, log, leases, outbox },
  open: (config, right) => new VirtualCamera(config, right, { worker, states, clock, crossingEveryMs }),
  onClaimed: (camera) => {
    root.send({ type: 'camera.claimed', camera });
  },
});
const timing = { retryDelayMs: () => 1_000, failedRetryMs: 60_000, stableMs: 60_000 };
const root = createActor(rootMachine({ camera: cameraActors(registry, timing) }, registry));
root.start();
new Mover({ leases, clock, log, isBusy: () => false });
const configs = await bus.bucket(buckets.cameras, cameraConfigSchema);
configs.watch(({ key, value }) => {
  if (value === null) root.send({ type: 'camera.gone', camera: key });
  else root.send({ type: 'camera.desired', config: value });
});
