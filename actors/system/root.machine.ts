import { enqueueActions, raise, setup, stopChild, type ActorRefFrom } from 'xstate';
import type { CameraConfig } from '#protocol/camera.ts';
import type { CameraView } from '../camera/camera-view.ts';
import { SWITCHED_OFF } from '../camera/camera-view.ts';
import type { cameraMachine } from '../camera/camera.machine.ts';

type CameraLogic = ReturnType<typeof cameraMachine>;

export interface RootEffects {
  /** To be claimed from now on; the machine hears `camera.claimed`. */
  wantCamera(camera: string): void;
  /** No longer, whether it was claimed or not. */
  unwantCamera(camera: string): void;
  /** Makes ready what a claimed camera's actors work on; called before its actor starts. */
  openCamera(config: CameraConfig): void;
  configureCamera(config: CameraConfig): void;
  /** Frees it and gives the right to it back; called after its actor stopped, or instead of starting one. */
  closeCamera(camera: string): void;
  showCamera(camera: string, view: CameraView): void;
  /** It is switched off, and this worker has not run it. */
  tellSwitchedOff(camera: string): void;
  /** A camera's actor died of a fault in our own code. */
  cameraCrashed(camera: string, error: unknown): void;
}

interface RootContext {
  // Changed in place: a copy at each of thousands of cameras is the square of their number.
  readonly desired: Map<string, CameraConfig>;
  /** Those that have an actor. */
  readonly running: Set<string>;
}

export type RootEvent =
  | { type: 'camera.desired'; config: CameraConfig }
  | { type: 'camera.gone'; camera: string }
  | { type: 'camera.claimed'; camera: string }
  | { type: 'camera.restart'; camera: string };

const childId = (camera: string): string => `camera-${camera}`;
const cameraOf = (actorId: string): string => actorId.replace(/^camera-/, '');

/**
 * A worker's root: knows every camera there is to run, and has one supervised actor for each that this worker claimed.
 * Lower revisions than the one known are ignored; a camera actor that dies or loses its camera touches no other.
 */
export function rootMachine(actors: { camera: CameraLogic }, effects: RootEffects) {
  return setup({
    types: {
      context: {} as RootContext,
      events: {} as RootEvent,
      children: {} as Record<string, 'camera'>,
    },
    actors: { camera: actors.camera },
    actions: {
      remember: ({ context }, config: CameraConfig) => {
        context.desired.set(config.id, config);
      },
      forget: ({ context }, { camera }: { camera: string }) => {
        context.desired.delete(camera);
      },
      want: (_, { camera }: { camera: string }) => {
        effects.wantCamera(camera);
      },
      giveBack: ({ context }, { camera }: { camera: string }) => {
        context.running.delete(camera);
        effects.closeCamera(camera);
      },
      wantAgain: ({ context }, { camera }: { camera: string }) => {
        if (context.desired.get(camera)?.enabled === true) effects.wantCamera(camera);
      },
      start: enqueueActions(({ enqueue, context }, { camera }: { camera: string }) => {
        const config = context.desired.get(camera);
        if (config === undefined) return;
        enqueue(() => {
          context.running.add(camera);
          effects.openCamera(config);
        });
        enqueue.spawnChild('camera', {
          id: childId(camera),
          input: {
            config,
            onView: (view) => {
              effects.showCamera(camera, view);
            },
            onConfigured: (next) => {
              effects.configureCamera(next);
            },
          },
        });
      }),
      configure: ({ self }, config: CameraConfig) => {
        childOf(self, config.id)?.send({ type: 'camera.configured', config });
      },
      switchOff: ({ context }, { camera }: { camera: string }) => {
        if (context.running.has(camera)) effects.showCamera(camera, SWITCHED_OFF);
        else effects.tellSwitchedOff(camera);
      },
      stop: enqueueActions(({ enqueue, context }, { camera }: { camera: string }) => {
        enqueue(() => {
          effects.unwantCamera(camera);
        });
        enqueue(stopChild(childId(camera)));
        enqueue(() => {
          context.running.delete(camera);
          effects.closeCamera(camera);
        });
      }),
      bury: ({ context }, { camera, error }: { camera: string; error: unknown }) => {
        context.running.delete(camera);
        effects.cameraCrashed(camera, error);
        effects.closeCamera(camera);
      },
    },
    guards: {
      isStale: ({ context }, config: CameraConfig) =>
        (context.desired.get(config.id)?.revision ?? 0) >= config.revision,
      isDeletion: (_, config: CameraConfig) => config.deleted,
      isOff: (_, config: CameraConfig) => !config.enabled,
      isKnown: ({ context }, { camera }: { camera: string }) => context.desired.has(camera),
      isRunning: ({ context }, { camera }: { camera: string }) => context.running.has(camera),
      isWanted: ({ context }, { camera }: { camera: string }) => context.desired.get(camera)?.enabled === true,
    },
  }).createMachine({
    id: 'root',
    context: () => ({ desired: new Map(), running: new Set() }),
    on: {
      'camera.desired': [
        { guard: { type: 'isStale', params: ({ event }) => event.config } },
        {
          guard: { type: 'isDeletion', params: ({ event }) => event.config },
          actions: raise(({ event }) => ({ type: 'camera.gone', camera: event.config.id })),
        },
        {
          guard: { type: 'isOff', params: ({ event }) => event.config },
          actions: [
            { type: 'remember', params: ({ event }) => event.config },
            { type: 'switchOff', params: ({ event }) => ({ camera: event.config.id }) },
            { type: 'stop', params: ({ event }) => ({ camera: event.config.id }) },
          ],
        },
        {
          guard: { type: 'isRunning', params: ({ event }) => ({ camera: event.config.id }) },
          actions: [
            { type: 'remember', params: ({ event }) => event.config },
            { type: 'configure', params: ({ event }) => event.config },
          ],
        },
        {
          actions: [
            { type: 'remember', params: ({ event }) => event.config },
            { type: 'want', params: ({ event }) => ({ camera: event.config.id }) },
          ],
        },
      ],
      'camera.gone': {
        guard: { type: 'isKnown', params: ({ event }) => ({ camera: event.camera }) },
        actions: [
          { type: 'forget', params: ({ event }) => ({ camera: event.camera }) },
          { type: 'stop', params: ({ event }) => ({ camera: event.camera }) },
        ],
      },
      'camera.claimed': [
        { guard: { type: 'isRunning', params: ({ event }) => ({ camera: event.camera }) } },
        {
          guard: { type: 'isWanted', params: ({ event }) => ({ camera: event.camera }) },
          actions: { type: 'start', params: ({ event }) => ({ camera: event.camera }) },
        },
        { actions: { type: 'giveBack', params: ({ event }) => ({ camera: event.camera }) } },
      ],
      'camera.restart': {
        actions: ({ event, self }) => {
          childOf(self, event.camera)?.send({ type: 'camera.restart' });
        },
      },
      // It lost its camera, to another worker or for a moment.
      'xstate.done.actor.*': {
        actions: [
          { type: 'giveBack', params: ({ event }: { event: unknown }) => ({ camera: actorOf(event) }) },
          { type: 'wantAgain', params: ({ event }: { event: unknown }) => ({ camera: actorOf(event) }) },
        ],
      },
      'xstate.error.actor.*': {
        actions: {
          type: 'bury',
          params: ({ event }: { event: unknown }) => ({
            camera: actorOf(event),
            error: (event as { error: unknown }).error,
          }),
        },
      },
    },
  });
}

function actorOf(event: unknown): string {
  return cameraOf((event as { actorId: string }).actorId);
}

function childOf(
  root: { getSnapshot(): { children: Record<string, unknown> } },
  camera: string,
): ActorRefFrom<CameraLogic> | undefined {
  return root.getSnapshot().children[childId(camera)] as ActorRefFrom<CameraLogic> | undefined;
}
