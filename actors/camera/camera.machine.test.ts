import { expect, test } from 'vitest';
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import type { CameraConfig } from '#protocol/camera.ts';
import { AppError } from '#protocol/errors.ts';
import type { CameraView } from './camera-view.ts';
import { cameraMachine } from './camera.machine.ts';
import { streamMachine, type SessionInput } from './stream.machine.ts';

const CONFIG: CameraConfig = {
  id: 'hall',
  name: 'Hall',
  revision: 1,
  enabled: true,
  deleted: false,
  mainUrl: 'rtsp://127.0.0.1/main',
  subUrl: 'rtsp://127.0.0.1/sub',
  sealedCredentials: null,
  model: null,
  analysisFps: 10,
  lines: [],
  zones: [],
};

interface Settled {
  resolve: (value: unknown) => void;
  reject: (error: AppError) => void;
  signal: AbortSignal;
}

/** A camera whose claim, lease and sessions the test settles by hand. */
function start(config: CameraConfig = CONFIG) {
  const claims: Settled[] = [];
  const holds: Settled[] = [];
  const sessions: (Settled & { input: SessionInput })[] = [];
  const pending =
    <T>(list: T[], make: (settled: Settled) => T) =>
    (signal: AbortSignal) =>
      new Promise<never>((resolve, reject) => {
        list.push(make({ resolve: resolve as (value: unknown) => void, reject, signal }));
      });
  const stream = streamMachine(
    {
      session: fromPromise<never, SessionInput>(({ input, signal }) =>
        pending(sessions, (settled) => ({ ...settled, input }))(signal),
      ),
    },
    { retryDelayMs: () => 1000, failedRetryMs: 60_000, stableMs: 60_000 },
  );
  const machine = cameraMachine({
    claim: fromPromise<unknown, { camera: string }>(({ signal }) => pending(claims, (settled) => settled)(signal)),
    hold: fromPromise<never, { camera: string }>(({ signal }) => pending(holds, (settled) => settled)(signal)),
    stream,
  });
  const views: CameraView[] = [];
  const configured: CameraConfig[] = [];
  const clock = new SimulatedClock();
  const actor = createActor(machine, {
    clock,
    input: { config, onView: (view) => views.push(view), onConfigured: (next) => configured.push(next) },
  });
  actor.start();
  return { actor, claims, holds, sessions, views, configured, clock };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function startRunning() {
  const camera = start();
  camera.claims[0]?.resolve(undefined);
  await settle();
  return camera;
}

test('nothing is pulled before the camera is claimed', async () => {
  const { claims, sessions } = start();
  expect(sessions).toHaveLength(0);
  claims[0]?.resolve(undefined);
  await settle();
  expect(sessions.map(({ input }) => input.role)).toEqual(['analysed', 'shown']);
});

test('a claim that fails says why and is tried again', async () => {
  const { claims, views, clock } = start();
  claims[0]?.reject(new AppError('bus.unavailable', 'no connection to NATS'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'connecting', code: 'bus.unavailable' });
  clock.increment(2000);
  expect(claims).toHaveLength(2);
});

test('a camera that another worker runs is looked at again within half a second', async () => {
  const { claims, clock } = start();
  claims[0]?.reject(new AppError('camera.held-elsewhere', 'worker w-2 runs it'));
  await settle();
  clock.increment(500);
  expect(claims).toHaveLength(2);
  claims[1]?.reject(new AppError('camera.unclaimed', 'another worker is to try first'));
  await settle();
  clock.increment(1999);
  expect(claims).toHaveLength(2);
  clock.increment(1);
  expect(claims).toHaveLength(3);
});

test('a camera without a sub-stream pulls its main stream once', async () => {
  const { claims, sessions } = start({ ...CONFIG, subUrl: null });
  claims[0]?.resolve(undefined);
  await settle();
  expect(sessions.map(({ input }) => input.role)).toEqual(['analysed']);
});

test('the counted stream decides the state, the shown one is told in the reason', async () => {
  const { sessions, views } = await startRunning();
  sessions[0]?.input.onMedia();
  sessions[1]?.reject(new AppError('camera.path-not-found', 'there is no /main on this camera'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'live', code: 'camera.path-not-found' });
  expect(views.at(-1)?.reason).toContain('Counting goes on');
  sessions[0]?.reject(new AppError('camera.closed-connection', 'the camera closed the connection'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'backing-off', code: 'camera.closed-connection' });
});

test('a lost lease stops the streams before it is claimed again', async () => {
  const { holds, sessions, claims, clock } = await startRunning();
  holds[0]?.reject(new AppError('bus.unavailable', 'another worker counts this camera'));
  await settle();
  expect(sessions.every(({ signal }) => signal.aborted)).toBe(true);
  clock.increment(2000);
  expect(claims).toHaveLength(2);
});

test('a new address reconnects both streams and keeps the lease', async () => {
  const { actor, sessions, holds, configured } = await startRunning();
  actor.send({ type: 'camera.configured', config: { ...CONFIG, revision: 2, mainUrl: 'rtsp://127.0.0.1/other' } });
  expect(sessions).toHaveLength(4);
  expect(sessions.map(({ signal }) => signal.aborted)).toEqual([true, true, false, false]);
  expect(holds).toHaveLength(1);
  expect(holds[0]?.signal.aborted).toBe(false);
  expect(configured).toHaveLength(1);
});

test('a new line leaves the streams alone', async () => {
  const { actor, sessions, configured } = await startRunning();
  actor.send({ type: 'camera.configured', config: { ...CONFIG, revision: 2, lines: [] } });
  expect(sessions).toHaveLength(2);
  expect(configured).toHaveLength(1);
});

test('another model reaches the camera and leaves its streams alone', async () => {
  const { actor, sessions, configured } = await startRunning();
  actor.send({ type: 'camera.configured', config: { ...CONFIG, revision: 2, model: 'yolox-nano@12345678' } });
  expect(sessions).toHaveLength(2);
  expect(configured).toMatchObject([{ model: 'yolox-nano@12345678' }]);
});

test('switching a camera off stops it and gives the lease back, switching it on claims it again', async () => {
  const { actor, sessions, holds, views, claims } = await startRunning();
  actor.send({ type: 'camera.configured', config: { ...CONFIG, revision: 2, enabled: false } });
  expect(views.at(-1)?.state).toBe('stopped');
  expect(sessions.every(({ signal }) => signal.aborted)).toBe(true);
  expect(holds[0]?.signal.aborted).toBe(true);
  actor.send({ type: 'camera.configured', config: { ...CONFIG, revision: 3 } });
  expect(claims).toHaveLength(2);
});
