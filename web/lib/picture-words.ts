import type { PictureProblem, PresentProblem } from '#protocol/picture-health.ts';
import { clockTime, dayAndTime } from './words.ts';

const DAY_MS = 24 * 3_600_000;

interface ProblemWords {
  readonly short: string;
  /** Goes on with "since 14:02". */
  readonly lasting: string;
  /** What it means, and what to do. */
  readonly advice: string;
}

const WORDS: Readonly<Record<PictureProblem, ProblemWords>> = {
  frozen: {
    short: 'The picture is frozen',
    lasting: 'The picture has been frozen',
    advice: 'The camera sends the same picture again and again, so nobody is counted. Restart the camera.',
  },
  dark: {
    short: 'The picture is dark',
    lasting: 'The picture has been dark',
    advice: 'Switch on a light, or look whether something hides the lens.',
  },
  'washed-out': {
    short: 'The picture is washed out',
    lasting: 'The picture has been washed out',
    advice: 'Too much light, or haze before the lens. Shade it, clean it, or lower the exposure in the camera.',
  },
  covered: {
    short: 'The view is covered',
    lasting: 'The view has been covered',
    advice: 'Something before the lens hides much of what it used to show. Clear the view.',
  },
  blurred: {
    short: 'The picture is out of focus',
    lasting: 'The picture has been out of focus',
    advice: 'Clean the lens, or set the focus of the camera anew.',
  },
  moved: {
    short: 'The camera was moved',
    lasting: 'The camera has shown another place',
    advice: 'Lines and zones lie wrong. Turn it back; or check them and save them.',
  },
};

/** For the tile, where room is short. */
export function problemWords({ problem }: PresentProblem): string {
  return WORDS[problem].short;
}

/** "The picture has been dark since 14:02. Switch on a light, or …" */
export function problemSentence({ problem, sinceMs }: PresentProblem, nowMs: number): string {
  const since = nowMs - sinceMs < DAY_MS ? clockTime(sinceMs) : dayAndTime(sinceMs);
  return `${WORDS[problem].lasting} since ${since}. ${WORDS[problem].advice}`;
}
