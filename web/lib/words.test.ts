import { expect, test } from 'vitest';
import { lasting, sentence } from './words.ts';

test('an error message becomes a sentence, and a sentence stays one', () => {
  expect(sentence('the camera refused the password')).toBe('The camera refused the password.');
  expect(sentence('Trying again…')).toBe('Trying again…');
});

test('how long something lasts is said in the largest unit that is still exact enough', () => {
  const minute = 60_000;
  expect([0, 59 * minute, 60 * minute, 200 * minute, 49 * 60 * minute].map(lasting)).toEqual([
    'less than a minute',
    '59 min',
    '1 h',
    '3 h 20 min',
    '2 days',
  ]);
});
