import { expect, test } from 'vitest';
import { ABSENT, persist, type Persistence } from './persistence.ts';

const PATIENCE = { raiseAfterMs: 10_000, clearAfterMs: 5_000 };

/** One picture a second. */
function after(pictures: readonly (boolean | null)[], begin: Persistence = ABSENT): Persistence {
  return pictures.reduce((state, isSeen, i) => persist(state, isSeen, i * 1000, PATIENCE), begin);
}
const times = (count: number, isSeen: boolean | null): (boolean | null)[] =>
  Array.from({ length: count }, () => isSeen);

test('a problem is believed once it has been seen for the time that takes, and since when is remembered', () => {
  expect(after(times(10, true)).isPresent).toBe(false);
  expect(after(times(11, true))).toMatchObject({ isPresent: true, sinceMs: 0 });
});

test('one picture without it begins the wait anew', () => {
  expect(after([...times(9, true), false, ...times(9, true)]).isPresent).toBe(false);
});

test('a picture that cannot tell changes nothing', () => {
  expect(after([...times(5, true), null, ...times(5, true)])).toMatchObject({ isPresent: true, sinceMs: 0 });
});

test('what was seen before a long time without telling pictures does not count', () => {
  expect(after([...times(5, true), ...times(31, null), ...times(5, true)]).isPresent).toBe(false);
});

test('two pictures do not prove anything, however far apart', () => {
  const first = persist(ABSENT, true, 0, PATIENCE);
  const second = persist(first, true, 10_000, PATIENCE);
  expect(second.isPresent).toBe(false);
  expect(persist(second, true, 20_000, PATIENCE)).toMatchObject({ isPresent: true, sinceMs: 0 });
});

test('a step back in time begins the wait anew', () => {
  const early = persist(persist(ABSENT, true, 60_000, PATIENCE), true, 65_000, PATIENCE);
  expect(persist(early, true, 1_000, PATIENCE).contrary).toMatchObject({ fromMs: 1_000, pictures: 1 });
});

test('it is over once it has not been seen for the time that takes', () => {
  const present: Persistence = { isPresent: true, sinceMs: -5_000, contrary: null };
  expect(after([...times(5, false), true, ...times(4, false)], present)).toMatchObject({
    isPresent: true,
    sinceMs: -5_000,
  });
  expect(after(times(6, false), present)).toMatchObject({ isPresent: false, sinceMs: 0 });
});
