import fc from 'fast-check';
import { expect, test } from 'vitest';
import { iou } from '#protocol/geometry.ts';
import { suppress } from './nms.ts';

const scored = fc
  .record({
    x: fc.nat(100),
    y: fc.nat(100),
    w: fc.integer({ min: 1, max: 60 }),
    h: fc.integer({ min: 1, max: 60 }),
    s: fc.nat(100),
  })
  .map(({ x, y, w, h, s }) => ({ x1: x, y1: y, x2: x + w, y2: y + h, score: s / 100 }));
const crowd = fc.array(scored, { maxLength: 60 });

test('of boxes around one person the best stays', () => {
  const weak = { x1: 1, y1: 0, x2: 11, y2: 20, score: 0.4 };
  const strong = { x1: 0, y1: 0, x2: 10, y2: 20, score: 0.9 };
  const other = { x1: 30, y1: 0, x2: 40, y2: 20, score: 0.2 };
  expect(suppress([weak, other, strong], 0.65, 10)).toEqual([strong, other]);
});

test('boxes that overlap by exactly the limit both stay', () => {
  const left = { x1: 0, y1: 0, x2: 3, y2: 1, score: 0.9 };
  const right = { x1: 1, y1: 0, x2: 4, y2: 1, score: 0.8 };
  expect(suppress([left, right], 0.5, 10)).toHaveLength(2);
  expect(suppress([left, right], 0.49, 10)).toEqual([left]);
});

test('no more boxes than asked for come back, the best first', () => {
  const boxes = Array.from({ length: 5 }, (_, i) => ({ x1: i * 10, y1: 0, x2: i * 10 + 5, y2: 5, score: i / 10 }));
  expect(suppress(boxes, 0.5, 2).map(({ score }) => score)).toEqual([0.4, 0.3]);
});

test('what stays never overlaps too much, and what went overlaps something better', () => {
  fc.assert(
    fc.property(crowd, (boxes) => {
      const kept = suppress(boxes, 0.5, 1000);
      kept.forEach((a, i) => {
        for (const b of kept.slice(i + 1)) expect(iou(a, b)).toBeLessThanOrEqual(0.5);
      });
      for (const gone of boxes.filter((box) => !kept.includes(box))) {
        expect(kept.some((better) => better.score >= gone.score && iou(better, gone) > 0.5)).toBe(true);
      }
    }),
  );
});

test('suppressing again changes nothing', () => {
  fc.assert(
    fc.property(crowd, (boxes) => {
      const once = suppress(boxes, 0.5, 1000);
      expect(suppress(once, 0.5, 1000)).toEqual(once);
    }),
  );
});
