import { expect, test } from 'vitest';
import { frameChoice } from './frame-choice.ts';

test('without a word a file is looked at as often as a camera, with --every as often as it has frames', () => {
  expect(frameChoice(undefined, undefined)).toEqual({ every: 1, maxFps: 10 });
  expect(frameChoice('25', undefined)).toEqual({ every: 1, maxFps: 25 });
  expect(frameChoice(undefined, '2')).toEqual({ every: 2, maxFps: 60 });
});

test.each([
  ['many', undefined, '--fps must be a number up to 60'],
  ['0', undefined, '--fps must be a number up to 60'],
  [undefined, '1.5', '--every must be a whole number from 1 to 100'],
  [undefined, '0', '--every must be a whole number from 1 to 100'],
  ['5', '2', 'not both'],
])('--fps %s with --every %s is refused', (fps, every, message) => {
  expect(() => frameChoice(fps, every)).toThrow(message);
});
