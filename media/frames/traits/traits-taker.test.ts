import { expect, test, vi } from 'vitest';
import { roomPicture } from '#ops/testkit/room-picture.ts';
import { TraitsTaker } from './traits-taker.ts';

const SECOND = 90_000;

test('one picture a second is looked at', () => {
  const taker = new TraitsTaker();
  const lumaOf = vi.fn(() => roomPicture());
  const taken = Array.from({ length: 25 }, (_, i) => taker.picture((i * SECOND) / 10, lumaOf)).filter(
    (one) => one !== null,
  );
  expect(lumaOf).toHaveBeenCalledTimes(3);
  expect(taken.map(({ ticks90k }) => ticks90k)).toEqual([0, SECOND, 2 * SECOND]);
});

test('a picture is held against the first and the last of each of the two groups before its own', () => {
  const taker = new TraitsTaker();
  /** Greys of the pictures of a group; the answer is how far each is from the likest before the group. */
  const group = (from: number, greys: readonly number[]): (number | null | undefined)[] => {
    taker.keyFrame();
    return greys.map(
      (grey, i) => taker.picture((from + i) * SECOND, () => new Uint8Array(320 * 192).fill(grey))?.change,
    );
  };
  expect(group(0, [100, 50, 110])).toEqual([null, null, null]);
  expect(group(3, [103, 111, 50])).toEqual([3, 1, 50]);
  expect(group(6, [99])).toEqual([1]);
  expect(group(7, [111])).toEqual([8]);
});

test('pictures that were held back and come later are passed over, until a stream begins another time', () => {
  const taker = new TraitsTaker();
  const lumaOf = (): Uint8Array => roomPicture();
  expect(taker.picture(100 * SECOND, lumaOf)).not.toBeNull();
  expect(taker.picture(95 * SECOND, lumaOf)).toBeNull();
  expect(taker.picture(10 * SECOND, lumaOf)).not.toBeNull();
});

test('a picture without luma is passed over and the next one is taken', () => {
  const taker = new TraitsTaker();
  expect(taker.picture(0, () => null)).toBeNull();
  expect(taker.picture(1, () => roomPicture())).toMatchObject({ ticks90k: 1, change: null });
});
