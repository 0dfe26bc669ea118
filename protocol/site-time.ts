/** A time of a site's clocks: `04:00`. */
export const TIME_PATTERN = /^([01]\d|2[0-3]):[0-5]\d$/;

const DAY_MS = 24 * 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** A name of the IANA time zone database (`Europe/Berlin`, `UTC`); an offset such as `+02:00` knows no summer time and is none. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** A day of the calendar: `2026-03-29`. */
export function isDay(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** What the clocks there show at an instant, read as if it were UTC. */
function wallMs(timeZone: string, atMs: number): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(Math.floor(atMs / 1000) * 1000)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (atMs - Math.floor(atMs / 1000) * 1000);
}

export function localDay(timeZone: string, atMs: number): string {
  return new Date(wallMs(timeZone, atMs)).toISOString().slice(0, 10);
}

export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

/**
 * The instant at which the clocks there show this time of this day. A time they skip is the instant of the jump, one they
 * show twice is the first of the two. `time` is `HH:MM`; midnight, where it is skipped, is the day's first instant too.
 */
export function instantOf(timeZone: string, day: string, time = '00:00'): number {
  const wall = Date.parse(`${day}T${time}:00Z`);
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((at) => wallMs(timeZone, at) - at);
  const early = wall - Math.max(...offsets);
  const late = wall - Math.min(...offsets);
  if (wallMs(timeZone, early) === wall) return early;
  if (wallMs(timeZone, late) === wall) return late;
  let [before, after] = [early, late];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (wallMs(timeZone, middle) >= wall) after = middle;
    else before = middle;
  }
  return after;
}

export interface Period {
  readonly fromMs: number;
  /** Not included. */
  readonly untilMs: number;
}

/**
 * Consecutive periods that cover a range: whole local days (`minutes` null), or so many minutes counted from each local
 * midnight, the day's last one cut there. The first may begin before the range, the last end after it.
 */
export function periodsOf(timeZone: string, range: Period, minutes: number | null): Period[] {
  const periods: Period[] = [];
  for (let day = localDay(timeZone, range.fromMs); ; day = dayAfter(day)) {
    const dawn = instantOf(timeZone, day);
    if (dawn >= range.untilMs) return periods;
    const dusk = instantOf(timeZone, dayAfter(day));
    const step = minutes === null ? dusk - dawn : minutes * 60_000;
    for (let fromMs = dawn; fromMs < dusk && fromMs < range.untilMs; fromMs += step) {
      const untilMs = Math.min(fromMs + step, dusk);
      if (untilMs > range.fromMs) periods.push({ fromMs, untilMs });
    }
  }
}
