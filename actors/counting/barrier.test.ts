import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Point } from '#protocol/geometry.ts';
import { meetingOf, type Barrier } from './barrier.ts';

/** Where on the way the segment itself is met. */
function metAt(barrier: Barrier, from: Point, to: Point): number | null {
  const meeting = meetingOf(barrier, from, to);
  return meeting === null || meeting.pastEnd > 0 ? null : meeting.along;
}

const p1: Point = [0.5, 0.8];
const p2: Point = [0.5, 0.2];
/** Coarse on purpose: points that lie exactly on the line must occur. */
const point: fc.Arbitrary<Point> = fc
  .tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 10 }))
  .map(([x, y]) => [x / 10, y / 10]);

describe('meetingOf', () => {
  it('says where on the way the segment is met', () => {
    expect(metAt([p1, p2], [0.4, 0.5], [0.8, 0.5])).toBeCloseTo(0.25);
  });

  it('sees no meeting beyond the ends of the segment nor before it', () => {
    expect(metAt([p1, p2], [0.4, 0.1], [0.6, 0.1])).toBeNull();
    expect(metAt([p1, p2], [0.4, 0.9], [0.6, 0.9])).toBeNull();
    expect(metAt([p1, p2], [0.3, 0.5], [0.4, 0.5])).toBeNull();
  });

  it('never meets once on a path that touches the line and turns back', () => {
    const touching = (a: Point, b: Point, c: Point) =>
      [metAt([p1, p2], a, b), metAt([p1, p2], b, c)].filter((at) => at !== null).length;
    expect(touching([0.4, 0.5], [0.5, 0.5], [0.4, 0.6]) % 2).toBe(0);
    expect(touching([0.6, 0.5], [0.5, 0.5], [0.6, 0.6]) % 2).toBe(0);
    expect(touching([0.4, 0.5], [0.5, 0.5], [0.6, 0.5])).toBe(1);
    expect(touching([0.6, 0.5], [0.5, 0.5], [0.4, 0.5])).toBe(1);
  });

  it('meets a closed fence an even number of times on every round trip', () => {
    // Four segments around a field whose corners no path of the grid passes.
    const corners: Point[] = [
      [0.2137, 0.2361],
      [0.7919, 0.2713],
      [0.7727, 0.7331],
      [0.2317, 0.8123],
    ];
    fc.assert(
      fc.property(fc.array(point, { minLength: 2, maxLength: 8 }), (path) => {
        const round = [...path, path[0] as Point];
        let meetings = 0;
        for (let step = 1; step < round.length; step += 1) {
          corners.forEach((corner, index) => {
            const next = corners[(index + 1) % 4] as Point;
            if (metAt([corner, next], round[step - 1] as Point, round[step] as Point) !== null) meetings += 1;
          });
        }
        expect(meetings % 2).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
