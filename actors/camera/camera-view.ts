import type { CameraStateName } from '#protocol/camera.ts';
import type { StreamView } from './stream.machine.ts';

/** What an operator is told about a camera: one state, one sentence. */
export interface CameraView {
  readonly state: CameraStateName;
  readonly reason: string;
  readonly code: string | null;
  readonly retryInMs: number | null;
}

export const SWITCHED_OFF: CameraView = {
  state: 'stopped',
  reason: 'Switched off by an administrator.',
  code: null,
  retryInMs: null,
};

/**
 * The camera's state from its streams'. The counted stream decides; trouble of the stream that is only shown is told in
 * the reason, because the counts go on.
 */
export function viewOf(analysed: StreamView, shown: StreamView | null): CameraView {
  const view: CameraView = {
    state: analysed.state,
    reason: sentence(analysed),
    code: analysed.error?.code ?? null,
    retryInMs: analysed.retryInMs,
  };
  if (analysed.state !== 'live' || shown === null || shown.state === 'live') return view;
  return {
    ...view,
    reason: `Counting goes on; the main stream is not shown. ${sentence(shown)}`,
    code: shown.error?.code ?? null,
  };
}

function sentence({ state, error, retryInMs }: StreamView): string {
  const why = error === null ? '' : asSentence(error.message);
  switch (state) {
    case 'connecting':
      return why === '' ? 'Connecting to the camera.' : `Trying again. ${why}`;
    case 'live':
      return 'Live.';
    case 'stalled':
      return 'The camera is connected but has stopped sending pictures; waiting for it before connecting anew.';
    case 'backing-off':
      return `${why} Trying again in ${seconds(retryInMs)}.`;
    case 'failed':
      return `${why} This needs a person; the next attempt is in ${seconds(retryInMs)}.`;
  }
}

function asSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function seconds(ms: number | null): string {
  const s = Math.max(1, Math.round((ms ?? 0) / 1000));
  return s >= 120 ? `${String(Math.round(s / 60))} minutes` : `${String(s)} s`;
}
