import { expect, it } from 'vitest';
import { WhileUsed } from './while-used.ts';

function counted(): {
  used: WhileUsed<number>;
  opened: () => number;
  unused: (number | null)[];
  fail: (does: boolean) => void;
} {
  let opened = 0;
  let fails = false;
  const unused: (number | null)[] = [];
  const used = new WhileUsed(
    () => {
      if (fails) return Promise.reject(new Error('no'));
      opened += 1;
      return Promise.resolve(opened);
    },
    (value) => unused.push(value),
  );
  return {
    used,
    opened: () => opened,
    unused,
    fail: (does) => {
      fails = does;
    },
  };
}

it('opens once for users that come at the same time, and gives up after the last of them', async () => {
  const { used, opened, unused } = counted();
  expect(used.value).toBeNull();
  const [one, two] = await Promise.all([used.acquire(), used.acquire()]);
  expect([one.value, two.value, used.value, opened()]).toEqual([1, 1, 1, 1]);
  one.release();
  expect(unused).toEqual([]);
  two.release();
  expect(unused).toEqual([1]);
  expect(used.value).toBeNull();
  expect((await used.acquire()).value).toBe(2);
});

it('fails for everybody who waited, and tries anew for the next', async () => {
  const { used, unused, fail } = counted();
  fail(true);
  const both = await Promise.allSettled([used.acquire(), used.acquire()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(unused).toEqual([null]);
  fail(false);
  expect((await used.acquire()).value).toBe(1);
});
