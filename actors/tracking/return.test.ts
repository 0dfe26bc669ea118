import { describe, expect, it } from 'vitest';
import { boxAround } from '#ops/testkit/walking-world.ts';
import { returned } from './return.ts';

/** Boxes are 0.0675 wide and 0.3 high. */
const lost = (x: number, seenAtMs: number, heightFrac = 0.3) => ({
  lastBox: boxAround([x, 0.7], heightFrac),
  seenAtMs,
});
const begins = (x: number, y = 0.7) => boxAround([x, y], 0.3);

describe('returned', () => {
  it('finds who was lost where the track begins, farther away the longer ago that is, up to a limit', () => {
    const one = lost(0.5, 1000);
    expect(returned(begins(0.54), 1001, [one])).toBe(one);
    expect(returned(begins(0.56), 1001, [one])).toBeNull();
    expect(returned(begins(0.56), 1200, [one])).toBe(one);
    expect(returned(begins(0.7), 1200, [one])).toBeNull();
    expect(returned(begins(0.7), 9000, [one])).toBeNull();
  });

  it('reaches less far up and down the picture, where people move less', () => {
    const one = lost(0.5, 1000);
    expect(returned(begins(0.5, 0.78), 1001, [one])).toBe(one);
    expect(returned(begins(0.5, 0.8), 1001, [one])).toBeNull();
  });

  it('takes the nearest of several', () => {
    const [near, far] = [lost(0.52, 1000), lost(0.47, 1000)];
    expect(returned(begins(0.5), 1100, [far, near])).toBe(near);
  });

  it('is nobody of another size, nor somebody who is seen still', () => {
    expect(returned(begins(0.5), 1100, [lost(0.5, 1000, 0.19)])).toBeNull();
    expect(returned(begins(0.5), 1000, [lost(0.5, 1000)])).toBeNull();
  });
});
