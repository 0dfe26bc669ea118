import * as v from 'valibot';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { localDay } from '#protocol/site-time.ts';
import { daySchema } from '#protocol/sites.ts';

const DAY_MS = 24 * 3_600_000;
const WEEK_DAYS = 7;
/** Length of a period in minutes; null: days of the site. */
const INTERVALS: Readonly<Record<string, number | null>> = { '5m': 5, '15m': 15, '1h': 60, '1d': null };
const instantSchema = v.pipe(v.string(), v.isoTimestamp('must be an instant such as 2026-11-22T10:00:00Z'));

/** `?interval=&from=&until=`: instants, the last day by the hour when absent. Throws input.invalid. */
export function historyRangeOf(url: URL, nowMs: number): { fromMs: number; untilMs: number; minutes: number | null } {
  const interval = url.searchParams.get('interval') ?? '1h';
  const minutes = INTERVALS[interval];
  if (minutes === undefined) {
    throw new AppError('input.invalid', `interval must be one of ${Object.keys(INTERVALS).join(', ')}`);
  }
  const untilMs = instantOf(url, 'until') ?? nowMs;
  return { fromMs: instantOf(url, 'from') ?? untilMs - DAY_MS, untilMs, minutes };
}

/** `?from=&until=`: days of the site, both included; the last seven when absent. Throws input.invalid. */
export function daysOf(url: URL, timeZone: string, nowMs: number): { fromDay: string; untilDay: string } {
  return {
    fromDay: dayOf(url, 'from') ?? localDay(timeZone, nowMs - (WEEK_DAYS - 1) * DAY_MS),
    untilDay: dayOf(url, 'until') ?? localDay(timeZone, nowMs),
  };
}

/** A day of the site; null when the parameter is absent. Throws input.invalid. */
export function dayOf(url: URL, name: string): string | null {
  const text = url.searchParams.get(name);
  return text === null ? null : (parse(v.object({ [name]: daySchema }), { [name]: text })[name] ?? null);
}

function instantOf(url: URL, name: string): number | null {
  const text = url.searchParams.get(name);
  if (text === null) return null;
  return Date.parse(parse(v.object({ [name]: instantSchema }), { [name]: text })[name] ?? '');
}
