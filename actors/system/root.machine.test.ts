import { expect, test } from 'vitest';
import { createActor, fromPromise, setup, SimulatedClock } from 'xstate';
import type { CameraConfig } from '#protocol/camera.ts';
import type { cameraMachine, CameraEvent, CameraMachineInput } from '../camera/camera.machine.ts';
import { rootMachine } from './root.machine.ts';

const CONFIG: CameraConfig = {
  id: 'hall',
  name: 'Hall',
  revision: 3,
  enabled: true,
  deleted: false,
  mainUrl: 'rtsp://127.0.0.1/main',
  subUrl: null,
  sealedCredentials: null,
  model: null,
  analysisFps: 10,
  lines: [],
  zones: [],
};

/** A root whose cameras record what reaches them and die on command. */
function start() {
  const opened: string[] = [];
  const closed: string[] = [];
  const received: CameraEvent[] = [];
  const crashed: string[] = [];
  let crash: (error: Error) => void = () => undefined;
  const camera = setup({
    types: { input: {} as CameraMachineInput, events: {} as CameraEvent },
    actors: {
      life: fromPromise<never>(
        () =>
          new Promise<never>((_, reject) => {
            crash = reject;
          }),
      ),
    },
  }).createMachine({
    invoke: { src: 'life' },
    on: { 'camera.*': { actions: ({ event }) => received.push(event) } },
  }) as unknown as ReturnType<typeof cameraMachine>;
  const clock = new SimulatedClock();
  const actor = createActor(
    rootMachine(
      { camera },
      {
        openCamera: ({ id }) => opened.push(id),
        configureCamera: () => undefined,
        closeCamera: (id) => closed.push(id),
        showCamera: () => undefined,
        cameraCrashed: (id) => crashed.push(id),
      },
    ),
    { clock },
  );
  actor.start();
  return {
    actor,
    opened,
    closed,
    received,
    crashed,
    clock,
    crash: (error: Error) => {
      crash(error);
    },
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a desired camera is opened once, however often it is said', () => {
  const { actor, opened, received } = start();
  actor.send({ type: 'camera.desired', config: CONFIG });
  actor.send({ type: 'camera.desired', config: CONFIG });
  expect(opened).toEqual(['hall']);
  expect(received).toEqual([]);
});

test('a higher revision reaches the running camera, a lower one is ignored', () => {
  const { actor, received } = start();
  actor.send({ type: 'camera.desired', config: CONFIG });
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 2 } });
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 4 } });
  expect(received).toMatchObject([{ type: 'camera.configured', config: { revision: 4 } }]);
});

test('a tombstone stops the camera and frees it', () => {
  const { actor, closed } = start();
  actor.send({ type: 'camera.desired', config: CONFIG });
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 4, deleted: true } });
  expect(closed).toEqual(['hall']);
  expect(Object.values(actor.getSnapshot().children).filter(Boolean)).toEqual([]);
});

test('a camera actor that dies is freed and started anew; the root lives on', async () => {
  const { actor, opened, closed, crashed, clock, crash } = start();
  actor.send({ type: 'camera.desired', config: CONFIG });
  crash(new TypeError('a fault in our own code'));
  await settle();
  expect(crashed).toEqual(['hall']);
  expect(closed).toEqual(['hall']);
  clock.increment(1000);
  expect(opened).toEqual(['hall', 'hall']);
  expect(actor.getSnapshot().status).toBe('active');
});
