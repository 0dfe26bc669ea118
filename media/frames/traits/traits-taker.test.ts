import { expect, test, vi } from 'vitest';
import { roomPicture } from '#ops/testkit/room-picture.ts';
import { TraitsTaker } from './traits-taker.ts';

const SECOND = 90_000;

test('one picture a second is looked at, and says how it differs from the one looked at before', () => {
  const taker = new TraitsTaker();
  const lumaOf = vi.fn(() => roomPicture());
  const taken = Array.from({ length: 25 }, (_, i) => taker.picture((i * SECOND) / 10, lumaOf)).filter(
    (one) => one !== null,
  );
  expect(lumaOf).toHaveBeenCalledTimes(3);
  expect(taken.map(({ ticks90k, change }) => [ticks90k, change])).toEqual([
    [0, null],
    [SECOND, 0],
    [2 * SECOND, 0],
  ]);
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
  taker.keyFrame();
  expect(taker.picture(0, () => null)).toBeNull();
  expect(taker.picture(1, () => roomPicture())).toMatchObject({ ticks90k: 1, keyFrames: 1, change: null });
});
