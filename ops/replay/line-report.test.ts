import { expect, test } from 'vitest';
import type { Dismissal, LineCrossing } from '#actors/counting/line-event.ts';
import { lineReport } from './line-report.ts';

const event = { trackId: 7, path: [], boxHeightFrac: 0.3, score: 0.8, detections: 9 };
const crossing = (line: string, direction: 'in' | 'out', crossedAtMs: number): LineCrossing => ({
  ...event,
  line,
  direction,
  crossedAtMs,
  why: {
    rule: 'both-sides',
    from: direction === 'in' ? 'left' : 'right',
    to: direction === 'in' ? 'right' : 'left',
    meetings: 1,
    ageMs: 900,
    bandBoxes: 0.2,
    segment: [
      [0, 0],
      [1, 1],
    ],
    anchor: 'foot',
  },
});
const dismissal = (line: string, reason: Dismissal['reason']): Dismissal => ({
  ...event,
  line,
  reason,
  atMs: 1,
  ageMs: 1,
});

test('a line has its own crossings in order of time, its near misses by reason, and entries for each crossing', () => {
  const report = lineReport('door', {
    crossings: [crossing('door', 'in', 900.4), crossing('gate', 'in', 500), crossing('door', 'out', 300)],
    dismissals: [
      dismissal('door', 'turned-back'),
      dismissal('gate', 'too-young'),
      dismissal('door', 'turned-back'),
      dismissal('door', 'passed-end'),
    ],
    tallies: { door: { entered: 5, counted: 2 } },
  });
  expect(report).toEqual({
    id: 'door',
    in: 1,
    out: 1,
    fragmentation: 2.5,
    nearMisses: { 'turned-back': 2, 'passed-end': 1 },
    events: [
      { tMs: 300, dir: 'out', trackId: 7, rule: 'both-sides' },
      { tMs: 900, dir: 'in', trackId: 7, rule: 'both-sides' },
    ],
  });
});

test('a line that nobody crossed has no fragmentation', () => {
  expect(lineReport('door', { crossings: [], dismissals: [], tallies: {} })).toMatchObject({
    in: 0,
    fragmentation: null,
  });
});
