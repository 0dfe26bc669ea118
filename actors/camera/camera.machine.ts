import { assign, enqueueActions, sendTo, setup, type PromiseActorLogic } from 'xstate';
import type { CameraConfig } from '#protocol/camera.ts';
import type { AppError } from '#protocol/errors.ts';
import { viewOf, type CameraView } from './camera-view.ts';
import type { StreamMachine, StreamRole, StreamView } from './stream.machine.ts';

/** Resolves with the reason when the right to the camera is gone. */
export type HoldLogic = PromiseActorLogic<AppError, { camera: string }>;

export interface CameraMachineActors {
  readonly hold: HoldLogic;
  readonly stream: StreamMachine;
}

export interface CameraMachineInput {
  readonly config: CameraConfig;
  /** Told at every change of state or reason. */
  readonly onView: (view: CameraView) => void;
  /** Other settings: new lines apply at once, what needs another connection gets one right after. */
  readonly onConfigured: (config: CameraConfig) => void;
}

interface CameraContext extends CameraMachineInput {
  readonly analysed: StreamView | null;
  readonly shown: StreamView | null;
}

export type CameraEvent =
  | { type: 'camera.configured'; config: CameraConfig }
  | { type: 'camera.restart' }
  | { type: 'stream.changed'; view: StreamView };

/** Settings whose change means another connection. */
export function needsReconnect(before: CameraConfig, after: CameraConfig): boolean {
  return (
    before.mainUrl !== after.mainUrl ||
    before.subUrl !== after.subUrl ||
    before.sealedCredentials !== after.sealedCredentials ||
    before.analysisFps !== after.analysisFps
  );
}

/**
 * One camera that this worker claimed: runs its streams and tells its state until the right to it is gone. Its streams fail
 * and recover on their own; nothing a stream does ends the camera.
 */
export function cameraMachine(actors: CameraMachineActors) {
  return setup({
    types: {
      context: {} as CameraContext,
      events: {} as CameraEvent,
      input: {} as CameraMachineInput,
      children: {} as { analysed: 'stream'; shown: 'stream' },
    },
    actors: { hold: actors.hold, stream: actors.stream },
    actions: {
      startStreams: enqueueActions(({ enqueue, context, self }) => {
        const roles: StreamRole[] = context.config.subUrl === null ? ['analysed'] : ['analysed', 'shown'];
        for (const role of roles) {
          enqueue.spawnChild('stream', {
            id: role,
            input: {
              camera: context.config.id,
              role,
              onChanged: (view: StreamView) => {
                self.send({ type: 'stream.changed', view });
              },
            },
          });
        }
      }),
      stopStreams: enqueueActions(({ enqueue }) => {
        enqueue.stopChild('analysed');
        enqueue.stopChild('shown');
        enqueue.assign({ analysed: null, shown: null });
      }),
      retryStreams: enqueueActions(({ enqueue, context }) => {
        enqueue(sendTo('analysed', { type: 'stream.retry' }));
        if (context.shown !== null) enqueue(sendTo('shown', { type: 'stream.retry' }));
      }),
      configure: enqueueActions(({ enqueue, context }, config: CameraConfig) => {
        enqueue.assign({ config });
        enqueue(() => {
          context.onConfigured(config);
        });
      }),
      tellStreams: ({ context }) => {
        if (context.analysed !== null) context.onView(viewOf(context.analysed, context.shown));
      },
    },
    guards: {
      reconnects: ({ context }, config: CameraConfig) => needsReconnect(context.config, config),
    },
  }).createMachine({
    id: 'camera',
    context: ({ input }) => ({ ...input, analysed: null, shown: null }),
    initial: 'running',
    states: {
      running: {
        entry: 'startStreams',
        exit: 'stopStreams',
        invoke: { src: 'hold', input: ({ context }) => ({ camera: context.config.id }), onDone: 'gone' },
        on: {
          'stream.changed': {
            actions: [
              assign(({ event }) =>
                event.view.role === 'analysed' ? { analysed: event.view } : { shown: event.view },
              ),
              'tellStreams',
            ],
          },
          'camera.restart': { actions: 'retryStreams' },
          'camera.configured': [
            {
              guard: { type: 'reconnects', params: ({ event }) => event.config },
              actions: ['stopStreams', { type: 'configure', params: ({ event }) => event.config }, 'startStreams'],
            },
            { actions: { type: 'configure', params: ({ event }) => event.config } },
          ],
        },
      },
      gone: { type: 'final' },
    },
  });
}
