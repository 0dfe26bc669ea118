import { expect, test } from 'vitest';
import { availabilityOf, type AvailabilitySituation } from './availability.ts';

const IDLE: AvailabilitySituation = { isLeaving: false, cordoned: false, drained: false, cameras: 3, isFull: false };

test.each([
  ['takes more while nothing speaks against it', {}, 'open'],
  ['is full when one more would be too many', { isFull: true }, 'full'],
  ['is cordoned by order, with room or without', { cordoned: true, isFull: true }, 'cordoned'],
  ['leaves while it has cameras to hand over', { drained: true }, 'leaving'],
  ['takes none once all were handed over', { drained: true, cameras: 0 }, 'cordoned'],
  [
    'leaves when the process is to end, whatever was ordered',
    { isLeaving: true, cordoned: true, cameras: 0 },
    'leaving',
  ],
] as const)('a worker %s', (_, situation, availability) => {
  expect(availabilityOf({ ...IDLE, ...situation })).toBe(availability);
});
