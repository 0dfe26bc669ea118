import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

/** A wall of tiles at distances from the screen; `settle` lets the moment pass after which turns are given out. */
function wall(atOnce: number) {
  const planned: (() => void)[] = [];
  const turns = new Turns(atOnce, (give) => planned.push(give));
  const going: string[] = [];
  return {
    going,
    open: (name: string, distance: number | (() => number)) =>
      turns.ask(typeof distance === 'number' ? () => distance : distance, () => going.push(name)),
    settle: () => {
      for (let give = planned.shift(); give !== undefined; give = planned.shift()) give();
    },
  };
}

test('no more go at once than may, and each that ends lets the next go', () => {
  const { going, open, settle } = wall(2);
  const [endFirst] = ['a', 'b', 'c', 'd'].map((name) => open(name, 0));
  settle();
  expect(going).toEqual(['a', 'b']);
  endFirst?.();
  settle();
  expect(going).toEqual(['a', 'b', 'c']);
});

test('who asks together goes in order of nearness, equals in the order they asked', () => {
  const { going, open, settle } = wall(3);
  open('far', 900);
  open('first on screen', 0);
  open('near', 100);
  open('second on screen', 0);
  settle();
  expect(going).toEqual(['first on screen', 'second on screen', 'near']);
});

test('nearness is that of the moment in which a turn is free', () => {
  const { going, open, settle } = wall(1);
  const end = open('a', 0);
  settle();
  let scrolled = false;
  open('above', () => (scrolled ? 500 : 0));
  open('below', () => (scrolled ? 0 : 500));
  scrolled = true;
  end();
  settle();
  expect(going).toEqual(['a', 'below']);
});

test('who no longer wants its turn is passed over, and frees nothing that it did not hold', () => {
  const { going, open, settle } = wall(1);
  open('a', 0);
  settle();
  const giveUp = open('b', 0);
  giveUp();
  giveUp();
  open('c', 0);
  settle();
  expect(going).toEqual(['a']);
});

test('ending a turn twice makes room once', () => {
  const { going, open, settle } = wall(1);
  const end = open('a', 0);
  open('b', 0);
  open('c', 0);
  settle();
  end();
  end();
  settle();
  expect(going).toEqual(['a', 'b']);
});
