import { expect, test } from 'vitest';
import { offeredOrders, workerWords } from './worker-words.ts';

const NOW = 600_000;
const IDLE = { id: 'w-1', orders: { cordoned: false, drained: false }, lastHeardMs: NOW, cameras: 3 };
const [NONE, CORDONED, DRAINED] = [
  IDLE.orders,
  { cordoned: true, drained: false },
  { cordoned: false, drained: true },
] as const;

test.each([
  ['open', NONE, 'Has room'],
  ['full', NONE, 'Full'],
  ['cordoned', CORDONED, 'Cordoned'],
  ['leaving', DRAINED, 'Handing over'],
  ['cordoned', DRAINED, 'Out of service'],
] as const)('a worker that is %s under orders %o is called so', (state, orders, word) => {
  expect(workerWords({ ...IDLE, state, orders }, NOW).word).toBe(word);
});

test('a silent worker says for how long, and what was ordered of it meanwhile', () => {
  const silent = { ...IDLE, state: 'silent', lastHeardMs: NOW - 300_000 } as const;
  expect(workerWords(silent, NOW)).toEqual({ word: 'Silent for 5 min', tone: 'bad', note: null });
  expect(workerWords({ ...silent, orders: DRAINED }, NOW).note).toContain('takes no cameras');
});

test.each([
  [NONE, ['Cordon', 'Hand over all cameras']],
  [CORDONED, ['Take back into service', 'Hand over all cameras']],
  [DRAINED, ['Take back into service']],
])('under orders %o what is offered is what changes something', (orders, buttons) => {
  const offered = offeredOrders({ ...IDLE, state: 'open', orders }, [{ state: 'open' }]);
  expect(offered.map(({ button }) => button)).toEqual(buttons);
});

test('where no other worker has room, that is said before anything is ordered', () => {
  const worker = { ...IDLE, state: 'open' } as const;
  const told = (others: { state: 'open' | 'full' }[]): boolean[] =>
    offeredOrders(worker, others).map(({ explanation }) => explanation.includes('No other worker has room'));
  expect(told([{ state: 'full' }])).toEqual([true, true]);
  expect(told([{ state: 'full' }, { state: 'open' }])).toEqual([false, false]);
});
