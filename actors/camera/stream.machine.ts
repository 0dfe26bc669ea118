import { assign, enqueueActions, setup, type PromiseActorLogic } from 'xstate';
import { toAppError, type AppError } from '#protocol/errors.ts';

/** Which of a camera's two streams: the one that is counted, or the one that is only shown. */
export type StreamRole = 'analysed' | 'shown';

export interface StreamTiming {
  /** Wait after `failures` failures in a row (>= 1) that may pass by themselves. */
  retryDelayMs(failures: number): number;
  /** Wait after a failure that a person must mend (wrong password, no such path, no H.264): seldom, so as not to lock an account. */
  readonly failedRetryMs: number;
  /** Live this long, earlier failures are forgotten. */
  readonly stableMs: number;
}

export interface SessionInput {
  readonly camera: string;
  readonly role: StreamRole;
  /** Media came, for the first time or again. */
  readonly onMedia: () => void;
  /** Still connected, but silent. */
  readonly onQuiet: () => void;
}

/** Pictures came: most of what ailed it is over. One that keeps dropping is still not hammered at the shortest interval. */
const REMEMBERED_WHEN_LIVE = 2;

/** Connects, plays, and settles only by rejecting, with the AppError that ended it. Stopping it aborts its signal. */
export type SessionLogic = PromiseActorLogic<never, SessionInput>;

export type StreamStateName = 'connecting' | 'live' | 'stalled' | 'backing-off' | 'failed';

export interface StreamView {
  readonly role: StreamRole;
  readonly state: StreamStateName;
  readonly error: AppError | null;
  /** ms until the next attempt, in backing-off and failed. */
  readonly retryInMs: number | null;
}

export interface StreamMachineInput {
  readonly camera: string;
  readonly role: StreamRole;
  readonly onChanged: (view: StreamView) => void;
}

interface StreamContext extends StreamMachineInput {
  readonly failures: number;
  readonly error: AppError | null;
  readonly retryInMs: number | null;
}

type StreamEvent = { type: 'media.came' } | { type: 'media.quiet' } | { type: 'stream.retry' };

/**
 * One RTSP stream, reconnected for ever. `stalled` keeps the connection and waits for media; the session itself gives up
 * after its own silence limit.
 */
export function streamMachine(actors: { session: SessionLogic }, timing: StreamTiming) {
  return setup({
    types: {
      context: {} as StreamContext,
      events: {} as StreamEvent,
      input: {} as StreamMachineInput,
    },
    actors,
    delays: {
      retry: ({ context }) => context.retryInMs ?? 0,
      stable: timing.stableMs,
    },
    actions: {
      forgetFailures: assign({ failures: 0 }),
      forgiveFailures: assign(({ context }) => ({ failures: Math.min(context.failures, REMEMBERED_WHEN_LIVE) })),
      clearError: assign({ error: null }),
      tell: enqueueActions(({ enqueue, context }, params: { state: StreamStateName }) => {
        enqueue(() => {
          context.onChanged({
            role: context.role,
            state: params.state,
            error: context.error,
            retryInMs: context.retryInMs,
          });
        });
      }),
    },
    guards: {
      mayPass: (_, params: { error: AppError }) => params.error.retryable,
    },
  }).createMachine({
    id: 'stream',
    context: ({ input }) => ({ ...input, failures: 0, error: null, retryInMs: null }),
    initial: 'running',
    on: { 'stream.retry': { target: '.running', reenter: true, actions: 'forgetFailures' } },
    states: {
      running: {
        initial: 'connecting',
        entry: assign({ retryInMs: null }),
        invoke: {
          src: 'session',
          input: ({ context, self }) => ({
            camera: context.camera,
            role: context.role,
            onMedia: () => {
              self.send({ type: 'media.came' });
            },
            onQuiet: () => {
              self.send({ type: 'media.quiet' });
            },
          }),
          onError: [
            {
              guard: { type: 'mayPass', params: ({ event }) => ({ error: toAppError(event.error) }) },
              target: 'backingOff',
              actions: assign(({ context, event }) => ({
                error: toAppError(event.error),
                failures: context.failures + 1,
                retryInMs: timing.retryDelayMs(context.failures + 1),
              })),
            },
            {
              target: 'failed',
              actions: assign(({ context, event }) => ({
                error: toAppError(event.error),
                failures: context.failures + 1,
                retryInMs: timing.failedRetryMs,
              })),
            },
          ],
        },
        states: {
          connecting: {
            entry: { type: 'tell', params: { state: 'connecting' } },
            on: { 'media.came': 'live' },
          },
          live: {
            entry: ['clearError', 'forgiveFailures', { type: 'tell', params: { state: 'live' } }],
            on: { 'media.quiet': 'stalled' },
            after: { stable: { actions: 'forgetFailures' } },
          },
          stalled: {
            entry: { type: 'tell', params: { state: 'stalled' } },
            on: { 'media.came': 'live' },
          },
        },
      },
      backingOff: {
        entry: { type: 'tell', params: { state: 'backing-off' } },
        after: { retry: 'running' },
      },
      failed: {
        entry: { type: 'tell', params: { state: 'failed' } },
        after: { retry: 'running' },
      },
    },
  });
}

export type StreamMachine = ReturnType<typeof streamMachine>;
