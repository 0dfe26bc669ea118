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

/** A claimed camera whose right to count and sessions the test settles by hand. */
function start(config: CameraConfig = CONFIG) {
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
    hold: fromPromise<AppError, { camera: string }>(({ signal }) => pending(holds, (settled) => settled)(signal)),
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
  return { actor, holds, sessions, views, configured, clock };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a claimed camera pulls both of its streams', () => {
  expect(start().sessions.map(({ input }) => input.role)).toEqual(['analysed', 'shown']);
});

test('a camera without a sub-stream pulls its main stream once', () => {
  const { sessions } = start({ ...CONFIG, subUrl: null });
  expect(sessions.map(({ input }) => input.role)).toEqual(['analysed']);
});

test('the counted stream decides the state, the shown one is told in the reason', async () => {
  const { sessions, views } = start();
  sessions[0]?.input.onMedia();
  sessions[1]?.reject(new AppError('camera.path-not-found', 'there is no /main on this camera'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'live', code: 'camera.path-not-found' });
  expect(views.at(-1)?.reason).toContain('Counting goes on');
  sessions[0]?.reject(new AppError('camera.closed-connection', 'the camera closed the connection'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'backing-off', code: 'camera.closed-connection' });
});

test('a lost lease ends the camera and its streams', async () => {
  const { actor, holds, sessions } = start();
  holds[0]?.resolve(new AppError('camera.held-elsewhere', 'another worker counts this camera'));
  await settle();
  expect(sessions.every(({ signal }) => signal.aborted)).toBe(true);
  expect(actor.getSnapshot().status).toBe('done');
});

test('a new address reconnects both streams and keeps the lease', async () => {
  const { actor, sessions, holds, configured } = start();
  actor.send({ type: 'camera.configured', config: { ...CONFIG, revision: 2, mainUrl: 'rtsp://127.0.0.1/other' } });
  expect(sessions).toHaveLength(4);
  expect(sessions.map(({ signal }) => signal.aborted)).toEqual([true, true, false, false]);
  expect(holds).toHaveLength(1);
  expect(holds[0]?.signal.aborted).toBe(false);
  expect(configured).toHaveLength(1);
});

test('a new line leaves the streams alone', async () => {
  const { actor, sessions, configured } = start();
  actor.send({ type: 'camera.configured', config: { ...CONFIG, revision: 2, lines: [] } });
  expect(sessions).toHaveLength(2);
  expect(configured).toHaveLength(1);
});

test('another model reaches the camera and leaves its streams alone', async () => {
  const { actor, sessions, configured } = start();
  actor.send({ type: 'camera.configured', config: { ...CONFIG, revision: 2, model: 'yolox-nano@12345678' } });
  expect(sessions).toHaveLength(2);
  expect(configured).toMatchObject([{ model: 'yolox-nano@12345678' }]);
});
