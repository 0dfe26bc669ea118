import { assign, enqueueActions, raise, setup, stopChild, type ActorRefFrom } from 'xstate';
import type { CameraConfig } from '#protocol/camera.ts';
import type { CameraView } from '../camera/camera-view.ts';
import type { cameraMachine } from '../camera/camera.machine.ts';

type CameraLogic = ReturnType<typeof cameraMachine>;

export interface RootEffects {
  /** Makes ready what the camera's actors work on; called before its actor starts. */
  openCamera(config: CameraConfig): void;
  configureCamera(config: CameraConfig): void;
  /** Frees it; called after its actor stopped. */
  closeCamera(camera: string): void;
  showCamera(camera: string, view: CameraView): void;
  /** A camera's actor died of a fault in our own code. */
  cameraCrashed(camera: string, error: unknown): void;
}

interface RootContext {
  readonly desired: ReadonlyMap<string, CameraConfig>;
}

export type RootEvent =
  | { type: 'camera.desired'; config: CameraConfig }
  | { type: 'camera.gone'; camera: string }
  | { type: 'camera.restart'; camera: string }
  | { type: 'camera.respawn'; camera: string };

const RESPAWN_MS = 1_000;
const childId = (camera: string): string => `camera-${camera}`;

/**
 * A worker's root: one supervised actor per camera it should run. Lower revisions than the one known are ignored; a camera
 * actor that dies is started anew and touches no other.
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
      remember: assign(({ context }, config: CameraConfig) => ({
        desired: new Map(context.desired).set(config.id, config),
      })),
      forget: assign(({ context }, { camera }: { camera: string }) => {
        const desired = new Map(context.desired);
        desired.delete(camera);
        return { desired };
      }),
      start: enqueueActions(({ enqueue }, config: CameraConfig) => {
        enqueue(() => {
          effects.openCamera(config);
        });
        enqueue.spawnChild('camera', {
          id: childId(config.id),
          input: {
            config,
            onView: (view) => {
              effects.showCamera(config.id, view);
            },
            onConfigured: (next) => {
              effects.configureCamera(next);
            },
          },
        });
      }),
      stop: enqueueActions(({ enqueue }, { camera }: { camera: string }) => {
        enqueue(stopChild(childId(camera)));
        enqueue(() => {
          effects.closeCamera(camera);
        });
      }),
      respawn: enqueueActions(({ enqueue }, { camera, error }: { camera: string; error: unknown }) => {
        enqueue(() => {
          effects.cameraCrashed(camera, error);
          effects.closeCamera(camera);
        });
        enqueue.raise({ type: 'camera.respawn', camera }, { delay: RESPAWN_MS });
      }),
    },
    guards: {
      isStale: ({ context }, config: CameraConfig) =>
        (context.desired.get(config.id)?.revision ?? 0) >= config.revision,
      isDeletion: (_, config: CameraConfig) => config.deleted,
      isKnown: ({ context }, { camera }: { camera: string }) => context.desired.has(camera),
    },
  }).createMachine({
    id: 'root',
    context: { desired: new Map() },
    on: {
      'camera.desired': [
        { guard: { type: 'isStale', params: ({ event }) => event.config } },
        {
          guard: { type: 'isDeletion', params: ({ event }) => event.config },
          actions: raise(({ event }) => ({ type: 'camera.gone', camera: event.config.id })),
        },
        {
          guard: { type: 'isKnown', params: ({ event }) => ({ camera: event.config.id }) },
          actions: [
            { type: 'remember', params: ({ event }) => event.config },
            ({ event, self }) => {
              (self.getSnapshot().children[childId(event.config.id)] as ActorRefFrom<CameraLogic> | undefined)?.send({
                type: 'camera.configured',
                config: event.config,
              });
            },
          ],
        },
        {
          actions: [
            { type: 'remember', params: ({ event }) => event.config },
            { type: 'start', params: ({ event }) => event.config },
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
      'camera.restart': {
        actions: ({ event, self }) => {
          (self.getSnapshot().children[childId(event.camera)] as ActorRefFrom<CameraLogic> | undefined)?.send({
            type: 'camera.restart',
          });
        },
      },
      'camera.respawn': {
        guard: { type: 'isKnown', params: ({ event }) => ({ camera: event.camera }) },
        actions: {
          type: 'start',
          params: ({ context, event }) => {
            const config = context.desired.get(event.camera);
            if (config === undefined) throw new Error(`camera ${event.camera} is not known`);
            return config;
          },
        },
      },
      'xstate.error.actor.*': {
        actions: {
          type: 'respawn',
          params: ({ event }: { event: unknown }) => {
            const { actorId, error } = event as { actorId: string; error: unknown };
            return { camera: actorId.replace(/^camera-/, ''), error };
          },
        },
      },
    },
  });
}
