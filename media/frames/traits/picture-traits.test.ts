import { expect, test } from 'vitest';
import { roomPicture, type RoomOptions } from '#ops/testkit/room-picture.ts';
import { traitsOf, type PictureTraits } from './picture-traits.ts';

const traits = (options: RoomOptions = {}): PictureTraits => traitsOf(roomPicture(options), [], 0);

/** 1: the same edges; 0: no more alike than two places. */
function likeness(a: PictureTraits, b: PictureTraits): number {
  let [both, first, second] = [0, 0, 0];
  a.edges.forEach((value, i) => {
    const other = b.edges[i] ?? 0;
    both += value * other;
    first += value * value;
    second += other * other;
  });
  return both / Math.sqrt(first * second);
}

test.each<[string, RoomOptions]>([
  ['at a third of the light', { gain: 0.33 }],
  ['with dark and bright exchanged, as infrared does with cloth and paint', { gain: -1, offset: 255 }],
  ['behind haze', { gain: 0.4, offset: 130 }],
  ['with noise', { noise: 15 }],
])('a room has the same edges %s', (_, options) => {
  expect(likeness(traits(), traits(options))).toBeGreaterThan(0.8);
});

test('a lamp that lights one corner of a pale room only makes no edges of its own', () => {
  const spot = (i: number): number => Math.exp(-(((i % 320) / 130) ** 2) - (Math.floor(i / 320) / 130) ** 2);
  const pale = { gain: 0.3, offset: 140 };
  const lit = roomPicture(pale).map((grey, i) => grey * (0.2 + 0.8 * spot(i)));
  expect(likeness(traits(pale), traitsOf(lit, [], 0))).toBeGreaterThan(0.8);
});

test('a room seen from 16 of 320 pixels further on has other edges', () => {
  expect(likeness(traits(), traits({ shiftPx: 16 }))).toBeLessThan(0.4);
});

test('sharpness falls out of focus, and stays in dim light and in noise', () => {
  const sharp = traits().sharpness ?? 0;
  expect(sharp).toBeGreaterThan(0.8);
  expect(traits({ gain: 0.25 }).sharpness).toBeGreaterThan(0.85 * sharp);
  expect(traits({ noise: 20 }).sharpness).toBeGreaterThan(0.85 * sharp);
  expect(traits({ blurPx: 3 }).sharpness).toBeLessThan(0.62 * sharp);
});

test('a picture of one grey has no sharpness and no edges', () => {
  const { sharpness, edges } = traitsOf(new Uint8Array(320 * 192).fill(90), [], 0);
  expect(sharpness).toBeNull();
  expect(edges.every((value) => value === 0)).toBe(true);
});

test('dark and bright are the ends of the levels without the outer twentieths, and white is counted', () => {
  const picture = new Uint8Array(320 * 192).fill(100);
  picture.fill(255, 0, 320 * 19); // A tenth.
  picture.fill(10, 320 * 100, 320 * 104); // A fiftieth.
  expect(traitsOf(picture, [], 0)).toMatchObject({ dark: 100, bright: 255, clippedFrac: 19 / 192 });
});

test('the change is that of the pixel that changed most since the likest picture, and is not known without one', () => {
  const before = roomPicture();
  const after = before.slice();
  after[5000] = (before[5000] ?? 0) ^ 8;
  expect(traitsOf(before, [], 0).change).toBeNull();
  expect(traitsOf(before, [before], 0).change).toBe(0);
  expect(traitsOf(after, [roomPicture({ seed: 2 }), before], 0).change).toBe(8);
});
