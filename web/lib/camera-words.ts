import type { CameraStateName } from '#protocol/camera.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'idle';

/** The word on the badge and how worried it looks. */
export const stateWords: Record<CameraStateName, { word: string; tone: Tone }> = {
  connecting: { word: 'Connecting', tone: 'warn' },
  live: { word: 'Live', tone: 'good' },
  stalled: { word: 'Stalled', tone: 'warn' },
  'backing-off': { word: 'Retrying', tone: 'bad' },
  failed: { word: 'Failed', tone: 'bad' },
  stopped: { word: 'Stopped', tone: 'idle' },
};

/** "in 8 s", "in 2 min"; null when the moment has passed. */
export function untilWords(atMs: number, nowMs: number): string | null {
  const seconds = Math.ceil((atMs - nowMs) / 1000);
  if (seconds <= 0) return null;
  return seconds < 90 ? `in ${String(seconds)} s` : `in ${String(Math.round(seconds / 60))} min`;
}
