import { expect, test } from 'vitest';
import { modeOf } from './overlay-mode.ts';

test('boxes are called exact only where the shown stream is the analysed one', () => {
  expect(modeOf('matched', { subUrl: null })).toBe('exact');
  expect(modeOf('matched', { subUrl: 'rtsp://camera/sub' })).toBe('nearest');
  expect(modeOf('live', { subUrl: null })).toBe('live');
});
