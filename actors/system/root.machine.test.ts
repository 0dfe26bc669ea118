import { expect, test } from 'vitest';
import { createActor, fromPromise, setup } from 'xstate';
import type { CameraConfig } from '#protocol/camera.ts';
import { AppError } from '#protocol/errors.ts';
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

/** A root whose cameras record what reaches them, and die or end on command. */
function start() {
  const done: string[] = [];
  const note =
    (what: string) =>
    (camera: string): void => {
      done.push(`${what} ${camera}`);
    };
  const received: CameraEvent[] = [];
  const life: { crash: (error: Error) => void; end: (reason: AppError) => void } = {
    crash: () => undefined,
    end: () => undefined,
  };
  const camera = setup({
    types: { input: {} as CameraMachineInput, events: {} as CameraEvent },
    actors: {
      life: fromPromise<AppError>(
        () =>
          new Promise<AppError>((resolve, reject) => {
            Object.assign(life, { crash: reject, end: resolve });
          }),
      ),
    },
  }).createMachine({
    initial: 'running',
    states: {
      running: {
        invoke: { src: 'life', onDone: 'gone' },
        on: { 'camera.*': { actions: ({ event }) => received.push(event) } },
      },
      gone: { type: 'final' },
    },
  }) as unknown as ReturnType<typeof cameraMachine>;
  const actor = createActor(
    rootMachine(
      { camera },
      {
        wantCamera: note('want'),
        unwantCamera: note('unwant'),
        openCamera: ({ id }) => {
          note('open')(id);
        },
        configureCamera: () => undefined,
        closeCamera: note('close'),
        showCamera: (id, { state }) => {
          note(state)(id);
        },
        tellSwitchedOff: note('tell off'),
        cameraCrashed: note('crash'),
      },
    ),
  );
  actor.start();
  return { actor, done, received, life };
}

function startRunning() {
  const root = start();
  root.actor.send({ type: 'camera.desired', config: CONFIG });
  root.actor.send({ type: 'camera.claimed', camera: 'hall' });
  root.done.length = 0;
  return root;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a desired camera is wanted once, however often it is said, and opened when it is claimed', () => {
  const { actor, done } = start();
  actor.send({ type: 'camera.desired', config: CONFIG });
  actor.send({ type: 'camera.desired', config: CONFIG });
  expect(done).toEqual(['want hall']);
  actor.send({ type: 'camera.claimed', camera: 'hall' });
  actor.send({ type: 'camera.claimed', camera: 'hall' });
  expect(done).toEqual(['want hall', 'open hall']);
});

test('a higher revision reaches the running camera, a lower one is ignored', () => {
  const { actor, received } = startRunning();
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 2 } });
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 4 } });
  expect(received).toMatchObject([{ type: 'camera.configured', config: { revision: 4 } }]);
});

test('a camera claimed under old settings starts with the newest', () => {
  const { actor, done } = start();
  actor.send({ type: 'camera.desired', config: CONFIG });
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 4, enabled: false } });
  actor.send({ type: 'camera.claimed', camera: 'hall' });
  expect(done).toEqual(['want hall', 'tell off hall', 'unwant hall', 'close hall', 'close hall']);
});

test('a tombstone stops the camera and frees it', () => {
  const { actor, done } = startRunning();
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 4, deleted: true } });
  expect(done).toEqual(['unwant hall', 'close hall']);
  expect(Object.values(actor.getSnapshot().children).filter(Boolean)).toEqual([]);
});

test('switching a camera off tells so while it is still this worker’s, and stops it; switching it on claims it anew', () => {
  const { actor, done } = startRunning();
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 4, enabled: false } });
  expect(done).toEqual(['stopped hall', 'unwant hall', 'close hall']);
  actor.send({ type: 'camera.desired', config: { ...CONFIG, revision: 5 } });
  expect(done.at(-1)).toBe('want hall');
});

test('a camera that is lost is freed and wanted again', async () => {
  const { actor, done, life } = startRunning();
  life.end(new AppError('camera.held-elsewhere', 'another has it'));
  await settle();
  expect(done).toEqual(['close hall', 'want hall']);
  actor.send({ type: 'camera.claimed', camera: 'hall' });
  expect(done.at(-1)).toBe('open hall');
});

test('a camera actor that dies is freed and told of; the root lives on', async () => {
  const { actor, done, life } = startRunning();
  life.crash(new TypeError('a fault in our own code'));
  await settle();
  expect(done).toEqual(['crash hall', 'close hall']);
  actor.send({ type: 'camera.claimed', camera: 'hall' });
  expect(done.at(-1)).toBe('open hall');
  expect(actor.getSnapshot().status).toBe('active');
});
