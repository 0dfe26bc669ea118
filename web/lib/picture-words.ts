import type { PictureProblem, PresentProblem } from '#protocol/picture-health.ts';
import { clockTime, dayAndTime } from './words.ts';

const DAY_MS = 24 * 3_600_000;

interface ProblemWords {
  /** As in "The picture is dark". */
  readonly is: string;
  /** What it means, and what to do. */
  readonly advice: string;
}

const WORDS: Readonly<Record<PictureProblem, ProblemWords>> = {
  frozen: {
    is: 'The picture is frozen',
    advice: 'The camera sends the same picture again and again, so nobody is counted. Restart the camera.',
  },
  dark: { is: 'The picture is dark', advice: 'Switch on a light, or look whether something hides the lens.' },
  'washed-out': {
    is: 'The picture is washed out',
    advice: 'Too much light, or haze before the lens. Shade it, clean it, or lower the exposure in the camera.',
  },
  covered: {
    is: 'The picture is covered',
    advice: 'Something before the lens hides much of what it used to show. Clear the view.',
  },
  blurred: { is: 'The picture is out of focus', advice: 'Clean the lens, or set the focus of the camera anew.' },
  moved: {
    is: 'The camera was moved',
    advice:
      'It shows another place than before, so lines and zones lie wrong. Turn it back; or check them and save them.',
  },
};

/** For the tile, where room is short. */
export function problemWords({ problem }: PresentProblem): string {
  return WORDS[problem].is;
}

/** "The picture is dark since 14:02. Switch on a light, or …" */
export function problemSentence({ problem, sinceMs }: PresentProblem, nowMs: number): string {
  const since = nowMs - sinceMs < DAY_MS ? clockTime(sinceMs) : dayAndTime(sinceMs);
  return `${WORDS[problem].is} since ${since}. ${WORDS[problem].advice}`;
}
