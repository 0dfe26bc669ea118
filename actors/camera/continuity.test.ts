import { expect, test } from 'vitest';
import { Continuity } from './continuity.ts';

/** Frames every 100 ms up to 1000, then a new run whose first frame is at `timeMs`. */
function newRunAt(timeMs: number): boolean {
  const continuity = new Continuity();
  continuity.runStarted();
  for (let atMs = 0; atMs <= 1000; atMs += 100) expect(continuity.isBroken(atMs)).toBe(false);
  continuity.runStarted();
  return continuity.isBroken(timeMs);
}

test('tracks go on over a new run in which up to a second is missing, beyond the time between frames', () => {
  expect(newRunAt(2_100)).toBe(false);
  expect(newRunAt(2_101)).toBe(true);
});

test('tracks do not go on into a run that begins before the last one ended', () => {
  expect(newRunAt(999)).toBe(true);
});

test('a gap within a run breaks nothing: the tracker knows what time is', () => {
  const continuity = new Continuity();
  expect([0, 100, 30_000].map((atMs) => continuity.isBroken(atMs))).toEqual([false, false, false]);
});

test('where frames are rare, a new run may miss no more than a second and a half', () => {
  const rare = (timeMs: number): boolean => {
    const continuity = new Continuity();
    for (const atMs of [0, 2_000, 4_000]) continuity.isBroken(atMs);
    continuity.runStarted();
    return continuity.isBroken(timeMs);
  };
  expect([rare(5_500), rare(5_501)]).toEqual([false, true]);
});
