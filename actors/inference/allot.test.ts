import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allot, type Wish } from './allot.ts';

function camera(name: string, fps: number, { isNear = false, appetiteFps = fps } = {}): Wish {
  return { camera: name, fps, isNear, appetiteFps };
}

function many(count: number, fps: number, options: Parameters<typeof camera>[2]): Wish[] {
  return Array.from({ length: count }, (_, i) =>
    camera(`${options?.isNear ? 'near' : 'far'}-${String(i)}`, fps, options),
  );
}

test('while there is enough everybody has what they want', () => {
  const { fps, isShort } = allot([camera('a', 10), camera('b', 5, { isNear: true })], 15);
  expect([...fps.values()]).toEqual([10, 5]);
  expect(isShort).toBe(false);
});

test('a still scene costs what it brings, not what it may bring', () => {
  const { fps } = allot([camera('a', 10), ...many(50, 10, { appetiteFps: 0.5 })], 36);
  expect(fps.get('a')).toBe(10);
});

test('those near a line keep five, paid by the others down to one', () => {
  const { fps, isShort } = allot([...many(4, 10, { isNear: true }), ...many(20, 10, {})], 40);
  expect(fps.get('near-0')).toBe(5);
  expect(fps.get('far-0')).toBe(1);
  expect(isShort).toBe(false);
});

test('what is left over raises everybody to one level', () => {
  const { fps } = allot([...many(2, 10, { isNear: true }), ...many(4, 10, {})], 36);
  expect(fps.get('near-0')).toBeCloseTo(6, 1);
  expect(fps.get('far-0')).toBeCloseTo(6, 1);
});

test('when that is not enough those near a line are lowered evenly, and below four it is told', () => {
  const wishes = [...many(10, 10, { isNear: true }), ...many(10, 10, {})];
  const lowered = allot(wishes, 55);
  expect(lowered.fps.get('near-0')).toBeCloseTo(4.5, 1);
  expect(lowered.fps.get('near-9')).toBe(lowered.fps.get('near-0'));
  expect(lowered.isShort).toBe(false);
  expect(allot(wishes, 40)).toMatchObject({ isShort: true });
});

test('a camera that wants fewer than four is not called short of them', () => {
  expect(allot([camera('a', 2, { isNear: true })], 100).isShort).toBe(false);
});

test('whatever the wishes, nobody has more than wanted or less than one, and near is never behind far', () => {
  const wish = fc.record({
    fps: fc.integer({ min: 1, max: 30 }),
    isNear: fc.boolean(),
    appetite: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(wish, { minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 300, noNaN: true }),
      (list, capacity) => {
        const wishes = list.map(({ fps, isNear, appetite }, i) =>
          camera(String(i), fps, { isNear, appetiteFps: isNear ? fps : fps * appetite }),
        );
        const { fps } = allot(wishes, capacity);
        let spent = 0;
        for (const each of wishes) {
          const rate = fps.get(each.camera) ?? 0;
          expect(rate).toBeLessThanOrEqual(each.fps);
          expect(rate).toBeGreaterThanOrEqual(Math.min(1, each.fps));
          spent += Math.min(rate, each.appetiteFps);
          for (const other of wishes) {
            if (each.isNear && !other.isNear && each.fps >= other.fps)
              expect(rate).toBeGreaterThanOrEqual((fps.get(other.camera) ?? 0) - 1e-9);
          }
        }
        const least = wishes.reduce((sum, each) => sum + Math.min(1, each.fps, each.appetiteFps), 0);
        expect(spent).toBeLessThanOrEqual(Math.max(capacity, least) + 1e-6);
      },
    ),
  );
});
