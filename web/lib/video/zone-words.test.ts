import { expect, test } from 'vitest';
import { waitWords, zoneLabel } from './zone-words.ts';

test('a zone’s name comes with how many are in it, once that is known', () => {
  expect(zoneLabel('Till', undefined, false)).toBe('Till');
  expect(zoneLabel('Till', { zone: 'till', people: 3 }, false)).toBe('Till · 3');
  expect(zoneLabel('Till', { zone: 'till', people: 3, waitMs: 41_000 }, false)).toBe('Till · 3 · about 40 s');
  expect(zoneLabel('Till', { zone: 'till', people: 3, waitMs: 41_000 }, true)).toBe('Till · 3');
});

test('a wait is told in words as rough as it is known', () => {
  expect(waitWords({ zone: 'till', people: 0, waitMs: null })).toBeNull();
  expect(waitWords({ zone: 'till', people: 0, waitMs: 0 })).toBe('no wait');
  expect(waitWords({ zone: 'till', people: 9, waitMs: 88_000 })).toBe('about 1 min');
  expect(waitWords({ zone: 'till', people: 9, waitMs: 200_000 })).toBe('about 3 min');
});
