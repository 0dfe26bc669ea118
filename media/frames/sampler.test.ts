import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameSampler } from './sampler.ts';

const START = 1_764_000_000_000 * 90;

function taken(maxFps: number, times: readonly number[]): number[] {
  const sampler = new FrameSampler(maxFps);
  return times.filter((ticks) => sampler.wants(ticks));
}

function clip(fps: number, frames: number, jitterTicks: (i: number) => number = () => 0): number[] {
  return Array.from({ length: frames }, (_, i) => START + Math.round((i * 90_000) / fps + jitterTicks(i)));
}

test.each([
  [10, 10, 100],
  [15, 10, 67],
  [25, 10, 40],
  [30, 10, 34],
  [30, 1, 4],
])('a camera at %i fps asked for %i passes %i of 100 frames', (cameraFps, maxFps, expected) => {
  expect(Math.abs(taken(maxFps, clip(cameraFps, 100)).length - expected)).toBeLessThanOrEqual(1);
});

test('a camera slower than asked for loses no frame', () => {
  expect(taken(10, clip(7, 70))).toHaveLength(70);
});

test('a camera at exactly the wanted rate with jitter loses no frame', () => {
  expect(
    taken(
      10,
      clip(10, 200, (i) => ((i * 7919) % 900) - 450),
    ),
  ).toHaveLength(200);
});

test('a slow spell earns no burst afterwards', () => {
  const slow = Array.from({ length: 20 }, (_, i) => START + i * 36_000);
  const fast = Array.from({ length: 30 }, (_, i) => START + 20 * 36_000 + i * 3000);
  expect(taken(10, [...slow, ...fast]).length - slow.length).toBeLessThanOrEqual(11);
});

test('at a third of the rate exactly every third frame passes', () => {
  const times = clip(30, 90);
  expect(taken(10, times)).toEqual(times.filter((_, i) => i % 3 === 0));
});

test('the first frame after a step back or a long pause passes', () => {
  const sampler = new FrameSampler(1);
  expect(sampler.wants(START)).toBe(true);
  expect(sampler.wants(START - 90_000 * 60)).toBe(true);
  expect(sampler.wants(START - 90_000 * 60 + 3000)).toBe(false);
  expect(sampler.wants(START + 90_000 * 60)).toBe(true);
});

test('whatever the frame times, no window holds more than its share and two', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 45_000 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), gaps, (maxFps, steps) => {
      let ticks = START;
      const passed = taken(
        maxFps,
        steps.map((step) => (ticks += step)),
      );
      passed.forEach((from, i) => {
        const inWindow = passed.slice(i).filter((at) => at - from <= 90_000).length;
        expect(inWindow).toBeLessThanOrEqual(maxFps + 2);
      });
    }),
  );
});
