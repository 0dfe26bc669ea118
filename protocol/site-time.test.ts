import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayAfter, instantOf, isDay, isTimeZone, localDay, periodsOf } from './site-time.ts';

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
const HOUR_MS = 3_600_000;

describe('instantOf()', () => {
  test.each([
    ['a winter morning', 'Europe/Berlin', '2026-01-15', '04:00', '2026-01-15T03:00:00Z'],
    ['a summer morning', 'Europe/Berlin', '2026-07-15', '04:00', '2026-07-15T02:00:00Z'],
    ['a time that clocks skip is the jump', 'Europe/Berlin', '2026-03-29', '02:30', '2026-03-29T01:00:00Z'],
    ['the time after the skipped hour', 'Europe/Berlin', '2026-03-29', '03:00', '2026-03-29T01:00:00Z'],
    ['a time shown twice is the first', 'Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30:00Z'],
    ['the time after the repeated hour', 'Europe/Berlin', '2026-10-25', '03:00', '2026-10-25T02:00:00Z'],
    ['the time before the repeated hour', 'Europe/Berlin', '2026-10-25', '01:59', '2026-10-24T23:59:00Z'],
    ['a half-hour zone', 'Asia/Kolkata', '2026-11-22', '04:00', '2026-11-21T22:30:00Z'],
    ['a half hour skipped', 'Australia/Lord_Howe', '2026-10-04', '02:15', '2026-10-03T15:30:00Z'],
    ['a half hour repeated', 'Australia/Lord_Howe', '2026-04-05', '01:45', '2026-04-04T14:45:00Z'],
    ['a midnight that is skipped', 'Africa/Cairo', '2026-04-24', '00:00', '2026-04-23T22:00:00Z'],
    ['a day that never was', 'Pacific/Apia', '2011-12-30', '12:00', '2011-12-30T10:00:00Z'],
    ['no summer time at all', 'UTC', '2026-02-28', '23:59', '2026-02-28T23:59:00Z'],
  ])('%s', (_, zone, day, time, expected) => {
    expect(iso(instantOf(zone, day, time))).toBe(expected);
  });

  test('lies on the day it was asked for and never runs backwards', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/St_Johns', 'UTC');
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 900 }), fc.nat({ max: 1438 }), (zone, days, minute) => {
        const day = new Date(Date.UTC(2025, 0, 1) + days * 24 * HOUR_MS).toISOString().slice(0, 10);
        const time = (at: number): string =>
          `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
        const at = instantOf(zone, day, time(minute));
        expect(localDay(zone, at)).toBe(day);
        expect(instantOf(zone, day, time(minute + 1))).toBeGreaterThanOrEqual(at);
      }),
    );
  });
});

describe('periodsOf()', () => {
  const dayOf = (zone: string, day: string) => ({
    fromMs: instantOf(zone, day),
    untilMs: instantOf(zone, dayAfter(day)),
  });

  test('gives a spring day 23 hours and an autumn day 25', () => {
    expect(periodsOf('Europe/Berlin', dayOf('Europe/Berlin', '2026-03-29'), 60)).toHaveLength(23);
    expect(periodsOf('Europe/Berlin', dayOf('Europe/Berlin', '2026-10-25'), 60)).toHaveLength(25);
  });

  test('begins hours at the local hour in a half-hour zone', () => {
    const range = { fromMs: Date.parse('2026-11-22T05:10:00Z'), untilMs: Date.parse('2026-11-22T06:00:00Z') };
    const [first] = periodsOf('Asia/Kolkata', range, 60);
    expect(first).toEqual({
      fromMs: Date.parse('2026-11-22T04:30:00Z'),
      untilMs: Date.parse('2026-11-22T05:30:00Z'),
    });
  });

  test('leaves no gap, whatever the zone and the season', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Cairo', 'Asia/Kolkata');
    const from = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 1) });
    fc.assert(
      fc.property(
        zones,
        from,
        fc.integer({ min: 1, max: 72 }),
        fc.constantFrom(5, 15, 60, null),
        (zone, fromMs, hours, minutes) => {
          const range = { fromMs, untilMs: fromMs + hours * HOUR_MS };
          const periods = periodsOf(zone, range, minutes);
          expect(periods[0]?.fromMs).toBeLessThanOrEqual(range.fromMs);
          expect(periods.at(-1)?.untilMs).toBeGreaterThanOrEqual(range.untilMs);
          for (const [i, { fromMs: begin }] of periods.slice(1).entries()) expect(begin).toBe(periods[i]?.untilMs);
        },
      ),
    );
  });
});

test.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Asia/Kolkata', true],
  ['Berlin', false],
  ['+02:00', false],
  ['', false],
  ["UTC'; drop table sites", false],
])('%s is a time zone: %s', (text, expected) => {
  expect(isTimeZone(text)).toBe(expected);
});

test.each([
  ['2026-11-22', true],
  ['2024-02-29', true],
  ['2026-02-29', false],
  ['2026-13-01', false],
  ['today', false],
])('%s is a day: %s', (text, expected) => {
  expect(isDay(text)).toBe(expected);
});
