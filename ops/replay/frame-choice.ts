import { AppError } from '#protocol/errors.ts';

/** What a camera gets unless its settings say otherwise. */
const DEFAULT_FPS = 10;
const MAX_FPS = 60;
const MAX_EVERY = 100;

/** Which of a file's frames are looked at: every `every`-th, and of those at most `maxFps` a second. */
export interface FrameChoice {
  readonly every: number;
  readonly maxFps: number;
}

/** From `--fps` (evenly spaced by time, as a camera is) or `--every` (by number, whatever the file's rate). Throws input.invalid. */
export function frameChoice(fps: string | undefined, every: string | undefined): FrameChoice {
  if (fps !== undefined && every !== undefined) throw new AppError('input.invalid', 'give --fps or --every, not both');
  if (every === undefined) {
    const maxFps = fps === undefined ? DEFAULT_FPS : Number(fps);
    if (maxFps > 0 && maxFps <= MAX_FPS) return { every: 1, maxFps };
    throw new AppError('input.invalid', `--fps must be a number up to ${String(MAX_FPS)}`);
  }
  const nth = Number(every);
  if (Number.isInteger(nth) && nth >= 1 && nth <= MAX_EVERY) return { every: nth, maxFps: MAX_FPS };
  throw new AppError('input.invalid', `--every must be a whole number from 1 to ${String(MAX_EVERY)}`);
}
