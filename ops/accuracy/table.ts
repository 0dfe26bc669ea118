import { BOOTSTRAP_SEED, countFigures, type CountFigures } from '#db/accuracy/count-figures.ts';
import type { TimedEvent } from '#db/accuracy/event-matching.ts';
import type { Interval } from '#db/accuracy/wilson.ts';
import { stretchesOf, type ClipResult, type LineResult, type ZoneResult } from './measure-clip.ts';
import { sums } from './report.ts';

const LINE_HEAD = ['clip', 'line', 'true', 'counted', '', 'precision (95 %)', 'recall (95 %)', 'error (95 %)'];

const ZONE_HEAD = [
  ...['clip', 'zone', 'visits true/counted', 'dwell error s, median', 'greatest'],
  ...['occupancy right (95 %)', 'occupancy error'],
];

/** For people: a row a line, what was missed or made up below it, everything together, and a row a zone. */
export function table(clips: readonly ClipResult[]): string {
  const lines = clips.flatMap((clip) => clip.lines);
  const zones = clips.flatMap((clip) => clip.zones);
  const total = { true: sums(lines, 'true'), counted: sums(lines, 'counted') };
  const lineRows = [
    LINE_HEAD,
    ...lines.map((line) => [line.clip, line.id, ...cells(line, line.figures)]),
    ['all', '', ...cells(total, countFigures(stretchesOf(clips)))],
  ];
  const lineNotes = [[], ...lines.map(noteOf)];
  const about = `Counts are in/out. Error is counted minus true, both directions (block bootstrap, seed ${String(BOOTSTRAP_SEED)}).`;
  const zoneTable = zones.length === 0 ? [] : ['', ...printed([ZONE_HEAD, ...zones.map(zoneRow)])];
  return [
    ...printed(lineRows).flatMap((row, index) => [row, ...(lineNotes[index] ?? [])]),
    ...zoneTable,
    '',
    about,
    '',
  ].join('\n');
}

function printed(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function zoneRow({ clip, id, visits, occupancy }: ZoneResult): string[] {
  const inSeconds = (ms: number | null = null): string => (ms === null ? '-' : (ms / 1000).toFixed(2));
  return [
    ...[clip, id, visits === null ? '-' : `${String(visits.trueVisits)}/${String(visits.countedVisits)}`],
    ...[inSeconds(visits?.dwellErrorMedianMs), inSeconds(visits?.dwellErrorGreatestMs)],
    ...[share(occupancy?.rightShare ?? null, occupancy?.rightShare95 ?? null), occupancy?.errorMean?.toFixed(2) ?? '-'],
  ];
}

function cells({ true: truth, counted }: Pick<LineResult, 'true' | 'counted'>, figures: CountFigures | null): string[] {
  const isExact = truth.in === counted.in && truth.out === counted.out;
  const error = counted.in + counted.out - truth.in - truth.out;
  return [
    `${String(truth.in)}/${String(truth.out)}`,
    `${String(counted.in)}/${String(counted.out)}`,
    isExact ? 'exact' : '',
    share(figures?.eventPrecision ?? null, figures?.eventPrecision95 ?? null),
    share(figures?.eventRecall ?? null, figures?.eventRecall95 ?? null),
    `${error > 0 ? '+' : ''}${String(error)}${span(figures?.errorInterval95 ?? null, 0)}`,
  ];
}

function noteOf({ matching }: LineResult): string[] {
  const told = (word: string, events: readonly TimedEvent[]): string[] =>
    events.map(({ atMs, direction }) => `  ${word} ${direction} at ${(atMs / 1000).toFixed(1)} s`);
  return matching === null ? [] : [...told('missed', matching.missed), ...told('made up', matching.extra)];
}

function share(value: number | null, interval: Interval | null): string {
  return value === null ? '-' : `${value.toFixed(3)}${span(interval, 2)}`;
}

function span(interval: Interval | null, digits: number): string {
  return interval === null ? '' : ` (${interval.map((bound) => bound.toFixed(digits)).join(' to ')})`;
}
