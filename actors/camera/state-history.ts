import type { CameraView } from './camera-view.ts';

/**
 * Which changes of state become history. Everything a person would tell another, once: a camera that stays unreachable
 * overnight is one event, not one for each of its thousand attempts.
 */
export class StateHistory {
  #last: CameraView | null = null;

  isNews(view: CameraView): boolean {
    const last = this.#last;
    if (last !== null && last.state === view.state && last.code === view.code) return false;
    // One attempt after another: news only when it fails in another way.
    const isAnotherAttempt = last !== null && isTrouble(last) && isAttempt(view);
    if (isAnotherAttempt && (view.state === 'connecting' || view.code === last.code)) return false;
    this.#last = view;
    return true;
  }
}

function isTrouble({ state }: CameraView): boolean {
  return state === 'backing-off' || state === 'failed';
}

function isAttempt({ state }: CameraView): boolean {
  return state === 'connecting' || state === 'backing-off';
}
