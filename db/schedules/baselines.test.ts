import { describe, expect, test } from 'vitest';
import { dueInstants } from './baselines.ts';

const at = (text: string): number => Date.parse(text);
const due = (zone: string, time: string, after: string, until: string): string[] =>
  dueInstants(zone, time, at(after), at(until)).map((ms) => new Date(ms).toISOString());

describe('dueInstants()', () => {
  test('is once a day by the clocks of the site, an hour apart in summer and winter', () => {
    expect(due('Europe/Berlin', '04:00', '2026-03-27T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-28T03:00:00.000Z',
      '2026-03-29T02:00:00.000Z',
      '2026-03-30T02:00:00.000Z',
    ]);
  });

  test('is at the jump where clocks skip the time, and once where they show it twice', () => {
    expect(due('Europe/Berlin', '02:30', '2026-03-29T00:00:00Z', '2026-03-29T12:00:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
    ]);
    expect(due('Europe/Berlin', '02:30', '2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
    ]);
    // Looked at again between the two, it is not due a second time.
    expect(due('Europe/Berlin', '02:30', '2026-10-25T00:30:00Z', '2026-10-25T12:00:00Z')).toEqual([]);
  });

  test('is on the half hour in a half-hour zone', () => {
    expect(due('Asia/Kolkata', '04:00', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z')).toEqual([
      '2026-11-21T22:30:00.000Z',
    ]);
  });

  test('is each day that nothing ran, the very instant included, and not before', () => {
    expect(due('UTC', '04:00', '2026-11-20T04:00:00Z', '2026-11-22T04:00:00Z')).toEqual([
      '2026-11-21T04:00:00.000Z',
      '2026-11-22T04:00:00.000Z',
    ]);
    expect(due('UTC', '04:00', '2026-11-22T04:00:00Z', '2026-11-23T03:59:59.999Z')).toEqual([]);
  });

  test('is not due twice for a day that a zone skipped', () => {
    expect(due('Pacific/Apia', '00:00', '2011-12-29T00:00:00Z', '2011-12-31T23:00:00Z')).toHaveLength(3);
  });
});
