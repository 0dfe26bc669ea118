import type { CameraView } from './camera-view.ts';

/**
 * Which changes of state become history. Everything a person would tell another, once: a camera that stays unreachable
 * overnight is one event, not one for each of its thousand attempts.
 */
export class StateHistory {
  #last: CameraView | null = null;

  isNews(view: CameraView): boolean {
    const last = this.#last;
    if (
      last !== null &&
      isAttempt(view) &&
      last.code !== null &&
      (view.code === last.code || view.state === 'connecting')
    )
      return false;
    if (last?.state === view.state && last.code === view.code) return false;
    this.#last = view;
    return true;
  }
}

function isAttempt({ state }: CameraView): boolean {
  return state === 'connecting' || state === 'backing-off';
}
