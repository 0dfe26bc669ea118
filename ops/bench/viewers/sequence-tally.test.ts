import { expect, it } from 'vitest';
import { SequenceTally } from './sequence-tally.ts';

function push(tally: SequenceTally, ...numbers: number[]): void {
  for (const number of numbers) tally.push(number);
}

it('counts what is missing since the mark, across the wrap, and takes a late packet for received', () => {
  const tally = new SequenceTally();
  push(tally, 65_530, 65_531, 65_533);
  expect(tally.total()).toEqual({ highest: 65_533, lost: 1 });
  tally.mark();
  push(tally, 65_534, 65_535, 1, 0, 3);
  expect(tally.read()).toEqual({ received: 5, lost: 1 });
  expect(tally.total()).toEqual({ highest: 65_536 + 3, lost: 2 });
});

it('has nothing to tell before the first packet', () => {
  const tally = new SequenceTally();
  expect([tally.read(), tally.total()]).toEqual([
    { received: 0, lost: 0 },
    { highest: 0, lost: 0 },
  ]);
});
