import { describe, expect, it } from 'vitest';
import type { Point } from '#protocol/geometry.ts';
import { extendTrail, type Trail } from './trail.ts';

const along = (points: readonly Point[], most: number) =>
  points.reduce<Trail>((trail, point) => extendTrail(trail, point, most), []);

describe('extendTrail', () => {
  it('keeps every point while there is room', () => {
    const points: Point[] = [
      [0, 0],
      [0.1, 0.2],
      [0.3, 0.1],
    ];
    expect(along(points, 3)).toEqual(points);
  });

  it('drops points of a straight stretch before a corner', () => {
    const corner: Point[] = Array.from({ length: 40 }, (_, step) =>
      step < 20 ? [step / 40, 0] : [0.5, (step - 20) / 40],
    );
    const trail = along(corner, 8);
    expect(trail).toHaveLength(8);
    expect(trail[0]).toEqual([0, 0]);
    expect(trail.at(-1)).toEqual([0.5, 19 / 40]);
    expect(trail).toContainEqual([0.5, 0]);
  });
});
