import { expect, test } from 'vitest';
import type { ZoneEvent } from '#actors/counting/zones/zone-event.ts';
import { zoneReport } from './zone-report.ts';

const entered = (trackId: number, enteredAtMs: number, zone = 'till'): ZoneEvent => ({
  ...{ kind: 'entered', zone, trackId, enteredAtMs },
});
const left = (trackId: number, enteredAtMs: number, leftAtMs: number, lost = false): ZoneEvent => ({
  ...{ kind: 'left', zone: 'till', trackId, enteredAtMs, leftAtMs, lost, appeared: false, score: 0.8 },
});
const measured = (observedMs: number, peopleMin: number, peopleMax: number, peopleMean: number): ZoneEvent => ({
  ...{ kind: 'measured', zone: 'till', fromMs: 0, untilMs: 60_000, observedMs, peopleMin, peopleMax, peopleMean },
  ...{ people: 0, entries: 0, exits: 0, dwellMeanMs: null },
});

test('visits, dwell and occupancy of one zone, those cut short by the end apart from the exits', () => {
  const report = zoneReport('till', {
    events: [
      entered(1, 1_000),
      entered(9, 0, 'other'),
      entered(2, 3_000),
      measured(60_000, 1, 2, 1.5),
      left(2, 3_000.4, 9_000),
    ],
    atEnd: [left(1, 1_000, 80_000, true), measured(20_000, 0, 1, 0.5)],
  });
  expect(report).toMatchObject({
    entries: 2,
    exits: 1,
    dwellMedianMs: 79_000,
    peopleMin: 0,
    peopleMax: 2,
    peopleMean: 1.25,
  });
  expect(report.visits).toEqual([
    { fromMs: 1_000, toMs: 80_000, dwellMs: 79_000, trackId: 1, appeared: false, lost: true },
    { fromMs: 3_000, toMs: 9_000, dwellMs: 6_000, trackId: 2, appeared: false, lost: false },
  ]);
});

test('a zone of which nothing was seen has no figures', () => {
  const nothing = { peopleMin: null, peopleMax: null, peopleMean: null, dwellMedianMs: null };
  expect(zoneReport('till', { events: [], atEnd: [] })).toMatchObject({ entries: 0, exits: 0, ...nothing, visits: [] });
});
