import { expect, test } from 'vitest';
import { rtpTimestampOf, signedTicks } from './ticks.ts';

test('an epoch time in ticks becomes its remainder modulo 2^32', () => {
  const ticks = 1_795_320_944_106 * 90;
  expect(rtpTimestampOf(ticks)).toBe(ticks % 2 ** 32);
});

test('a time stamp just after the wrap is ahead of one just before it', () => {
  expect(signedTicks(90, 2 ** 32 - 90)).toBe(180);
  expect(signedTicks(2 ** 32 - 90, 90)).toBe(-180);
});

test('equal time stamps are no distance apart', () => {
  expect(signedTicks(2 ** 32 - 1, 2 ** 32 - 1)).toBe(0);
});
