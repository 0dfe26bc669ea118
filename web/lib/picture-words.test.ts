import { expect, test } from 'vitest';
import { pictureProblemSchema } from '#protocol/picture-health.ts';
import { problemSentence, problemWords } from './picture-words.ts';
import { clockTime, dayAndTime } from './words.ts';

const NOW = Date.parse('2026-11-22T14:30:00Z');

test('a problem says since when it is and what to do, with the day where that is not today', () => {
  const sinceMs = NOW - 28 * 60_000;
  expect(problemSentence({ problem: 'dark', sinceMs }, NOW)).toBe(
    `The picture has been dark since ${clockTime(sinceMs)}. Switch on a light, or look whether something hides the lens.`,
  );
  const before = NOW - 30 * 3_600_000;
  expect(problemSentence({ problem: 'moved', sinceMs: before }, NOW)).toContain(
    `another place since ${dayAndTime(before)}. Lines`,
  );
});

test.each(pictureProblemSchema.options)('%s has words of its own', (problem) => {
  const others = pictureProblemSchema.options.filter((other) => other !== problem);
  const words = problemWords({ problem, sinceMs: NOW });
  expect(others.map((other) => problemWords({ problem: other, sinceMs: NOW }))).not.toContain(words);
});
