import { assign, enqueueActions, sendTo, setup, type PromiseActorLogic } from 'xstate';
import type { CameraConfig } from '#protocol/camera.ts';
import { toAppError } from '#protocol/errors.ts';
import { viewOf, type CameraView } from './camera-view.ts';
import type { StreamMachine, StreamRole, StreamView } from './stream.machine.ts';

/** Resolves once this worker may count for the camera. */
export type ClaimLogic = PromiseActorLogic<unknown, { camera: string }>;
/** Settles, by rejecting with the reason, only when the lease is gone. */
export type HoldLogic = PromiseActorLogic<never, { camera: string }>;

export interface CameraMachineActors {
  readonly claim: ClaimLogic;
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

const CLAIM_RETRY_MS = 2_000;
/**
 * A camera whose worker died is to be counted again within ten seconds, six of which pass until its silence is sure. To see
 * that it lives costs nothing; any other attempt asks the store.
 */
const HELD_RETRY_MS = 500;

function claimRetryMs(error: unknown): number {
  return toAppError(error).code === 'camera.held-elsewhere' ? HELD_RETRY_MS : CLAIM_RETRY_MS;
}

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
 * One camera: claims it, runs its streams, tells its state. Its streams fail and recover on their own; nothing a stream
 * does ends the camera.
 */
export function cameraMachine(actors: CameraMachineActors) {
  return setup({
    types: {
      context: {} as CameraContext,
      events: {} as CameraEvent,
      input: {} as CameraMachineInput,
      children: {} as { analysed: 'stream'; shown: 'stream' },
    },
    actors: { claim: actors.claim, hold: actors.hold, stream: actors.stream },
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
      tell: ({ context }, view: CameraView) => {
        context.onView(view);
      },
    },
    guards: {
      disables: (_, config: CameraConfig) => !config.enabled,
      reconnects: ({ context }, config: CameraConfig) => needsReconnect(context.config, config),
      isEnabled: ({ context }) => context.config.enabled,
    },
    delays: {
      // Entered only because a claim or a lease failed, which its event tells.
      claimRetry: ({ event }) => claimRetryMs((event as unknown as { error: unknown }).error),
    },
  }).createMachine({
    id: 'camera',
    context: ({ input }) => ({ ...input, analysed: null, shown: null }),
    initial: 'deciding',
    states: {
      deciding: {
        always: [{ guard: 'isEnabled', target: 'claiming' }, { target: 'stopped' }],
      },
      stopped: {
        entry: {
          type: 'tell',
          params: { state: 'stopped', reason: 'Switched off by an administrator.', code: null, retryInMs: null },
        },
        on: {
          'camera.configured': {
            target: 'deciding',
            actions: { type: 'configure', params: ({ event }) => event.config },
          },
        },
      },
      claiming: {
        invoke: {
          src: 'claim',
          input: ({ context }) => ({ camera: context.config.id }),
          onDone: 'running',
          onError: {
            target: 'waiting',
            actions: {
              type: 'tell',
              params: ({ event }) => ({
                state: 'connecting',
                reason: `Waiting for the right to count this camera: ${toAppError(event.error).message}`,
                code: toAppError(event.error).code,
                retryInMs: claimRetryMs(event.error),
              }),
            },
          },
        },
        on: {
          'camera.configured': {
            target: 'deciding',
            actions: { type: 'configure', params: ({ event }) => event.config },
          },
        },
      },
      waiting: {
        after: { claimRetry: 'claiming' },
        on: {
          'camera.configured': {
            target: 'deciding',
            actions: { type: 'configure', params: ({ event }) => event.config },
          },
        },
      },
      running: {
        entry: 'startStreams',
        exit: 'stopStreams',
        invoke: {
          src: 'hold',
          input: ({ context }) => ({ camera: context.config.id }),
          onError: {
            target: 'waiting',
            actions: {
              type: 'tell',
              params: ({ event }) => ({
                state: 'connecting',
                reason: toAppError(event.error).message,
                code: toAppError(event.error).code,
                retryInMs: claimRetryMs(event.error),
              }),
            },
          },
        },
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
              guard: { type: 'disables', params: ({ event }) => event.config },
              target: 'stopped',
              actions: { type: 'configure', params: ({ event }) => event.config },
            },
            {
              guard: { type: 'reconnects', params: ({ event }) => event.config },
              actions: ['stopStreams', { type: 'configure', params: ({ event }) => event.config }, 'startStreams'],
            },
            { actions: { type: 'configure', params: ({ event }) => event.config } },
          ],
        },
      },
    },
  });
}
