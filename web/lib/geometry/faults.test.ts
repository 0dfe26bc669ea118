import { expect, test } from 'vitest';
import type { Line, Zone } from '#protocol/geometry.ts';
import { faultsOf } from './faults.ts';

const line: Line = { id: 'door', name: 'Door', p1: [0.2, 0.5], p2: [0.8, 0.5], anchor: 'foot' };
const zone: Zone = {
  id: 'till',
  name: 'Till',
  polygon: [
    [0.2, 0.2],
    [0.8, 0.2],
    [0.5, 0.8],
  ],
};

test('a sound drawing has no fault', () => {
  expect(faultsOf({ lines: [line], zones: [zone] })).toEqual([]);
});

test('each shape’s fault names that shape', () => {
  const crossed: Zone = {
    ...zone,
    polygon: [
      [0.2, 0.2],
      [0.8, 0.8],
      [0.8, 0.2],
      [0.2, 0.8],
    ],
  };
  const faults = faultsOf({ lines: [{ ...line, p2: [0.21, 0.5] }], zones: [crossed] });
  expect(faults.map(({ shape }) => shape)).toEqual([
    { kind: 'line', id: 'door' },
    { kind: 'zone', id: 'till' },
  ]);
  expect(faults[0]?.message).toContain('further apart');
  expect(faults[1]?.message).toContain('crosses itself');
});

test.each([
  ['a line without a name', { lines: [{ ...line, name: '  ' }], zones: [] }, 'Give the line a name'],
  ['a zone with an endless name', { lines: [], zones: [{ ...zone, name: 'x'.repeat(61) }] }, 'at most 60'],
  ['a time to come back of an hour', { lines: [{ ...line, reentryMs: 3_600_000 }], zones: [] }, 'at most 600 s'],
  ['half a person', { lines: [], zones: [{ ...zone, overPeople: 2.5 }] }, 'whole numbers'],
  [
    'a zone that is always too full or too empty',
    { lines: [], zones: [{ ...zone, overPeople: 3, underPeople: 5 }] },
    'at once',
  ],
  [
    'a zone nobody can stand in',
    {
      lines: [],
      zones: [
        {
          ...zone,
          polygon: [
            [0.2, 0.2],
            [0.22, 0.2],
            [0.22, 0.22],
          ] as Zone['polygon'],
        },
      ],
    },
    'too small',
  ],
])('%s is told', (_, drawing, message) => {
  expect(faultsOf(drawing).map((fault) => fault.message)).toEqual([expect.stringContaining(message)]);
});
