import { mkdirSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { createActor } from 'xstate';
import * as v from 'valibot';
import { cameraConfigSchema, cameraStateSchema } from '#protocol/camera.ts';
import { AppError } from '#protocol/errors.ts';
import { pictureMemorySchema } from '#protocol/picture-health.ts';
import { buckets } from '#protocol/streams.ts';
import { keepDecodersReady, openDecoder } from '#media/frames/decoder.nodeav.ts';
import type { Credentials } from '#media/ingest/ingest.port.ts';
import { openIngest, probeIngest } from '#media/ingest/ingest.rtsp.ts';
import { openRelay } from '#media/relay/choose.ts';
import { listenAddressesOf } from '#media/relay/listen-addresses.ts';
import { backoffMs, CAMERA_BACKOFF } from '#ops/runtime/backoff.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { ensureStreams } from '#ops/runtime/bus.streams.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { lockFolder } from '#ops/runtime/folder-lock.ts';
import { openLog } from '#ops/runtime/log.ts';
import { mediasoupWorkerBin, modelsFolder, productVersion } from '#ops/runtime/paths.ts';
import { openSealer } from '#ops/runtime/seal.ts';
import { exitOnFault, Shutdown } from '#ops/runtime/shutdown.ts';
import { answerCameraForms } from './camera/camera-requests.ts';
import { measureCapacity, MOST_BY_CAPACITY } from './inference/capacity.ts';
import { openDetectorPool } from './inference/pool.ts';
import { InferenceShares } from './inference/shares.ts';
import { availabilityOf } from './leases/availability.ts';
import { openLeases } from './leases/leases.ts';
import { Mover } from './leases/mover.ts';
import { openOutbox } from './publishing/outbox.ts';
import { CameraRegistry } from './system/camera-registry.ts';
import { cameraActors } from './system/camera-actors.ts';
import { OpenCamera, type OpenCameraDeps } from './system/open-camera.ts';
import { rootMachine } from './system/root.machine.ts';
import { workerDetails } from './system/worker-details.ts';
import { followOrders } from './system/worker-orders.ts';
import { answerWorkerStats } from './system/worker-stats.ts';
import { RelayHost } from './viewer/relay-host.ts';

/** The worker process: cameras, media, inference. Prints one JSON line on stdout when it serves. */

// Pictures are short-lived and outside the heap, whose collector would look through all that lives once a second for their
// sake: with fifty cameras a twentieth of all work. It waits until twice as much is held, some tens of megabytes.
setFlagsFromString('--heap-growing-percent=100');

const env = readEnv();
const log = openLog('worker', env.logLevel);
exitOnFault(log);
const shutdown = new Shutdown(log);
shutdown.listen();

const { natsUrl, sealKeyFile } = env;
if (natsUrl === null || sealKeyFile === null) {
  throw new AppError('config.invalid', 'a worker needs NATS_URL and FOOTFALL_SEAL_KEY_FILE; `npm start` sets both');
}
const worker = env.workerId ?? 'worker-1';
const folder = join(env.dataDir, worker);
mkdirSync(folder, { recursive: true, mode: 0o700 });
const lock = lockFolder(folder, 'worker');
shutdown.add('folder lock', () => {
  lock.release();
});

const clock = new SlewedClock();
const bus = await openBus({ url: natsUrl, user: env.natsUser, passwordFile: env.natsPasswordFile, name: worker, log });
shutdown.add('bus', () => bus.close());
await ensureStreams(bus);

const outbox = await openOutbox({ file: join(folder, 'outbox.sqlite'), worker, bus, log, clock });
shutdown.add('outbox', () => outbox.close());

// Three of four cores' worth: receiving, decoding and counting take less than a third of what detecting does.
const threads = env.inferenceThreads ?? Math.ceil(availableParallelism() * 0.75);
const pool = openDetectorPool({ threads, modelsFolder: modelsFolder(env) });
shutdown.add('inference', () => pool.close());
// Whoever passes a camera in its first seconds is not to wait for libraries and models.
const warm = Promise.all([pool.warmUp(), keepDecodersReady()])
  .then(() => env.maxCameras ?? measureCapacity(pool))
  .catch((error: unknown) => {
    log.warn({ error }, 'not everything could be made ready before the first camera');
    return env.maxCameras ?? threads;
  });
const shares = new InferenceShares({
  monotonicMs: () => clock.monotonicMs(),
  capacityFps: () => pool.stats().capacityFps,
});

const listenAddresses = await listenAddressesOf(env.host);
const relay = await RelayHost.start({
  log,
  open: () =>
    openRelay({
      prefer: env.relay,
      mediasoupWorkerBin: mediasoupWorkerBin(env),
      mediasoupWorkers: env.relayWorkers ?? availableParallelism(),
      viewersPerWorker: env.relayViewersPerWorker,
      listenAddresses,
      announcedAddress: env.announcedAddress,
      firstPort: env.rtcPort,
      maxViewersPerCamera: env.maxViewersPerCamera,
      log,
    }),
});
shutdown.add('relay', () => relay.close());

const sealer = openSealer(sealKeyFile);
const credentialsSchema = v.object({ username: v.string(), password: v.string() });
const unsealed = (sealed: string | null, purpose: string): Credentials | null =>
  sealed === null ? null : v.parse(credentialsSchema, JSON.parse(sealer.open(sealed, purpose)));

const states = await bus.bucket(buckets.cameraStates, cameraStateSchema);
const pictureMemories = await bus.bucket(buckets.pictureMemories, pictureMemorySchema);
const capacity = await warm;
const mostCameras = env.maxCameras ?? MOST_BY_CAPACITY * capacity;
let isLeaving = false;
// Known before the first claim: an order outlives the worker that it was given to.
const orders = await followOrders(bus, worker, (now) => {
  log.info(now, 'ordered anew');
  void leases.announce();
});
shutdown.add('orders', () => {
  orders.close();
});
/** `<camera>` -> the group of workers that it is kept to. */
const groups = new Map<string, string | null>();
const leases = await openLeases({
  bus,
  clock,
  log,
  worker,
  host: hostname(),
  capacity,
  availability: (cameras) =>
    availabilityOf({ isLeaving, ...orders.now, cameras, isFull: shares.isFull || cameras >= mostCameras }),
  relay: () => relay.kind ?? 'none',
  groups: [...env.workerGroups],
  groupOf: (camera) => groups.get(camera) ?? null,
  details: workerDetails({
    version: productVersion(),
    addresses: { announced: env.announcedAddress, listening: listenAddresses },
    inferencesPerSecond: () => pool.stats().capacityFps,
    clock,
  }),
});
shutdown.add('leases', () => leases.close());

const cameraDeps: OpenCameraDeps = {
  ...{ worker, bus, states, pictureMemories, clock, log, pool, shares, relay, openIngest, openDecoder },
  credentialsOf: (config) => unsealed(config.sealedCredentials, `camera:${config.id}`),
  onRestart: (camera) => {
    root.send({ type: 'camera.restart', camera });
  },
};
const registry = new CameraRegistry({
  ...{ worker, bus, states, clock, log, leases, outbox },
  open: (config, right, runsBefore) => new OpenCamera(config, right, runsBefore, cameraDeps),
  onClaimed: (camera) => {
    root.send({ type: 'camera.claimed', camera });
  },
});
leases.onCertain(() => {
  registry.publishAll();
});

const timing = {
  retryDelayMs: (failures: number) => backoffMs(CAMERA_BACKOFF, failures, Math.random()),
  failedRetryMs: 60_000,
  stableMs: CAMERA_BACKOFF.stableMs,
};
const root = createActor(rootMachine({ camera: cameraActors(registry, timing) }, registry));
root.start();
shutdown.add('cameras', () => {
  registry.close();
  root.stop();
});

const mover = new Mover({ leases, clock, log, isBusy: (camera) => registry.isBusy(camera) });
shutdown.first('handing cameras over', env.drainMs + 2_000, async () => {
  isLeaving = true;
  if (env.drainMs > 0) await mover.drain(env.drainMs);
  mover.close();
});

const configs = await bus.bucket(buckets.cameras, cameraConfigSchema);
const watching = configs.watch(({ key, value }) => {
  if (value === null) groups.delete(key);
  else groups.set(key, value.group ?? null);
  if (value === null) root.send({ type: 'camera.gone', camera: key });
  else root.send({ type: 'camera.desired', config: value });
});
shutdown.add('camera settings', () => {
  watching.close();
});
bus.onConnection((connected) => {
  if (connected) registry.publishAll();
});

const forms = answerCameraForms(bus, {
  probe: probeIngest,
  pool,
  credentialsOf: (sealed) => unsealed(sealed, 'probe'),
});
shutdown.add('forms', () => {
  forms.close();
});

const stats = answerWorkerStats(bus, { worker, pool, loads: () => registry.loads() });
shutdown.add('stats', () => {
  stats.close();
});

log.info({ worker, relay: relay.kind, inferenceThreads: threads, capacity }, 'worker serves');
process.stdout.write(`${JSON.stringify({ ready: true, relay: relay.kind })}\n`);
