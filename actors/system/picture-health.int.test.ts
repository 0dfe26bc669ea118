import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createActor } from 'xstate';
import { cameraStateSchema, type CameraConfig, type CameraState } from '#protocol/camera.ts';
import { epochFloorSchema } from '#protocol/leases.ts';
import { pictureMemorySchema } from '#protocol/picture-health.ts';
import { buckets } from '#protocol/streams.ts';
import { pictureProblems } from '#db/queries/picture-problems.ts';
import { openDecoder } from '#media/frames/decoder.nodeav.ts';
import { openIngest } from '#media/ingest/ingest.rtsp.ts';
import type { RelayCamera } from '#media/relay/relay.port.ts';
import { openRtspServer, type RtspServer } from '#media/simulator/rtsp-server.ts';
import { SimulatedCamera } from '#media/simulator/simulated-camera.ts';
import { pictureSource } from '#media/simulator/source.ts';
import type { Bucket } from '#ops/runtime/bus.port.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { roomPicture } from '#ops/testkit/room-picture.ts';
import type { DetectorPool } from '../inference/detector.port.ts';
import { InferenceShares } from '../inference/shares.ts';
import { openLeases, type Leases } from '../leases/leases.ts';
import type { Outbox } from '../publishing/outbox.ts';
import type { RelayHost } from '../viewer/relay-host.ts';
import { cameraActors } from './camera-actors.ts';
import { CameraRegistry } from './camera-registry.ts';
import { OpenCamera, type OpenCameraDeps } from './open-camera.ts';
import { rootMachine } from './root.machine.ts';

const FPS = 10;
const POLL = { timeout: 30_000, interval: 100 };
const EMPTY: DetectorPool = {
  warmUp: () => Promise.resolve(),
  load: () =>
    Promise.resolve({ name: 'nobody@1', format: 'yolox', shape: { widthPx: 64, heightPx: 64, fit: 'letterbox' } }),
  detect: () => Promise.resolve({ detections: [], model: 'nobody@1', inferenceMs: 1 }),
  stats: () => ({ threads: 1, costMs: null, capacityFps: null, waiting: 0, replaced: 0, restarts: 0 }),
  close: () => Promise.resolve(),
};

let world: TestProjector;
let leases: Leases;
let outbox: Outbox;
let camera: SimulatedCamera;
let rtsp: RtspServer;
let states: Bucket<CameraState>;
let stop: () => void;

beforeAll(async () => {
  world = await openTestProjector(Date.now());
  outbox = await world.openOutbox();
  const clock = new SlewedClock();
  await (await world.bus.bucket(buckets.epochFloors, epochFloorSchema)).put('hall', { camera: 'hall', epoch: 0 });
  const opened = { bus: world.bus, clock, log: silentLog, worker: 'w-1', host: 'test', capacity: 1 };
  leases = await openLeases({ ...opened, availability: () => 'open', relay: () => 'werift' });
  const source = walkedRoom();
  camera = new SimulatedCamera({ name: 'hall', main: source, sub: source, scene: null });
  rtsp = await openRtspServer({ port: 0, streams: new Map(camera.paths()) });
  states = await world.bus.bucket(buckets.cameraStates, cameraStateSchema);
  const relayed: Partial<RelayCamera> = { write: () => undefined, viewers: () => [], close: () => undefined };
  const cameraDeps: OpenCameraDeps = {
    ...{ worker: 'w-1', bus: world.bus, states, clock, log: silentLog, pool: EMPTY, openIngest, openDecoder },
    pictureMemories: await world.bus.bucket(buckets.pictureMemories, pictureMemorySchema),
    healthTiming: { raiseAfterMs: 1_000, clearAfterMs: 1_000, frozenAfterMs: 1_000, learnedAfterMs: 1_000 },
    shares: new InferenceShares({ capacityFps: () => null, monotonicMs: () => clock.monotonicMs() }),
    relay: { camera: () => relayed } as unknown as RelayHost,
    credentialsOf: () => null,
    onRestart: () => undefined,
  };
  const registry = new CameraRegistry({
    ...{ worker: 'w-1', bus: world.bus, states, clock, log: silentLog, leases, outbox },
    open: (config, right, runsBefore) => new OpenCamera(config, right, runsBefore, cameraDeps),
    onClaimed: (claimed) => {
      root.send({ type: 'camera.claimed', camera: claimed });
    },
  });
  const timing = { retryDelayMs: () => 200, failedRetryMs: 500, stableMs: 60_000 };
  const root = createActor(rootMachine({ camera: cameraActors(registry, timing) }, registry));
  root.start();
  root.send({ type: 'camera.desired', config: configOf(rtsp.port) });
  stop = () => {
    root.send({ type: 'camera.gone', camera: 'hall' });
    registry.close();
    root.stop();
  };
});

afterAll(async () => {
  stop();
  camera.close();
  await rtsp.close();
  await leases.close();
  await outbox.close();
  await world.close();
});

/** Somebody walks up and down in it, two seconds from key frame to key frame. */
function walkedRoom() {
  const room = roomPicture();
  const pictures = encodeClip({
    ...{ widthPx: 320, heightPx: 192, frames: 4 * FPS, gop: 2 * FPS },
    luma: (frame, x, y) => {
      const at = 0.5 + 0.3 * Math.sin((2 * Math.PI * frame) / (4 * FPS));
      return Math.abs(x - at) < 0.04 && y > 0.5
        ? 30
        : 16 + 0.85 * (room[Math.floor(y * 192) * 320 + Math.floor(x * 320)] ?? 0);
    },
  });
  return pictureSource(pictures, { fps: FPS, phaseMs: 0 });
}

function configOf(port: number): CameraConfig {
  return {
    ...{ id: 'hall', name: 'Hall', revision: 1, enabled: true, deleted: false, sealedCredentials: null, model: null },
    ...{ mainUrl: `rtsp://127.0.0.1:${String(port)}/hall/main`, subUrl: null, analysisFps: 10, lines: [], zones: [] },
  };
}

async function problemsShown(): Promise<string[] | undefined> {
  const state = (await states.get('hall'))?.value;
  return state?.state === 'live' ? state.problems?.map(({ problem }) => problem) : undefined;
}

test('a camera that turns dark and is lit again is told so, live and as history', async () => {
  await vi.waitFor(async () => {
    expect(await problemsShown()).toEqual([]);
  }, POLL);
  camera.setFault({ kind: 'dark', lightFrac: 0.02 });
  await vi.waitFor(async () => {
    expect(await problemsShown()).toEqual(['dark']);
    expect(await pictureProblems(world.database, 'hall')).toMatchObject([{ problem: 'dark', untilMs: null }]);
  }, POLL);
  camera.setFault(null);
  await vi.waitFor(async () => {
    expect(await problemsShown()).toEqual([]);
    const [dark, ...others] = await pictureProblems(world.database, 'hall');
    expect(others).toEqual([]);
    expect(dark?.untilMs).toBeGreaterThan(dark?.sinceMs ?? Infinity);
  }, POLL);
});
