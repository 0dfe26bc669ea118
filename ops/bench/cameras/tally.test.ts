import { expect, test } from 'vitest';
import { matched } from './tally.ts';
import { sharesOf } from './main-thread.ts';

test('a counted crossing stands for the nearest true one in its direction, and for one only', () => {
  const truth = [
    { atMs: 1_000, direction: 'in' },
    { atMs: 2_000, direction: 'in' },
    { atMs: 2_000, direction: 'out' },
  ] as const;
  expect(matched(truth, [{ atMs: 1_900, direction: 'in' }])).toBe(1);
  expect(
    matched(
      truth,
      [1_100, 2_200, 2_300].map((atMs) => ({ atMs, direction: 'in' })),
    ),
  ).toBe(2);
  expect(matched(truth, [{ atMs: 4_000, direction: 'out' }])).toBe(0);
});

test('time on the main thread belongs to the nearest caller whose work it is, idling to nobody', () => {
  const node = (id: number, url: string, hitCount: number, children: number[] = [], functionName = 'f') => ({
    ...{ id, hitCount, children },
    callFrame: { functionName, url },
  });
  const nodes = [
    node(1, '', 5, [2, 3, 4, 6], '(root)'),
    node(2, '', 90, [], '(idle)'),
    node(3, 'file:///x/media/ingest/reception.ts', 2, [5]),
    node(4, 'file:///x/actors/tracking/tracker.ts', 3),
    node(5, '', 2, [], 'push'),
    node(6, '', 3, [], '(garbage collector)'),
  ];
  expect(sharesOf({ nodes })).toEqual({ ingest: 0.4, tracking: 0.3, other: 0.3 });
});
