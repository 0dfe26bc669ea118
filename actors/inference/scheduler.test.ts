import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FairQueue } from './scheduler.ts';

/** Cameras that always have a next frame ready; returns how much time each was given. */
function timeShares(costs: Record<string, number>, turns: number): Record<string, number> {
  const queue = new FairQueue<string>();
  const given: Record<string, number> = {};
  for (const [camera, costMs] of Object.entries(costs)) queue.offer(camera, camera, costMs);
  for (let turn = 0; turn < turns; turn += 1) {
    const camera = queue.next() ?? '';
    const costMs = costs[camera] ?? 0;
    given[camera] = (given[camera] ?? 0) + costMs;
    queue.offer(camera, camera, costMs);
  }
  return given;
}

test('cameras take turns in the order they came', () => {
  const queue = new FairQueue<string>();
  for (const camera of ['a', 'b', 'c']) queue.offer(camera, camera, 10);
  expect([queue.next(), queue.next(), queue.next(), queue.next()]).toEqual(['a', 'b', 'c', null]);
});

test('a newer frame replaces the older one and keeps its turn', () => {
  const queue = new FairQueue<string>();
  queue.offer('a', 'a1', 10);
  queue.offer('b', 'b1', 10);
  expect(queue.offer('a', 'a2', 10)).toBe('a1');
  expect(queue.length).toBe(2);
  expect([queue.next(), queue.next()]).toEqual(['a2', 'b1']);
});

test('a camera that sends five times as often gets no more turns than the others', () => {
  const queue = new FairQueue<string>();
  const served: string[] = [];
  for (let step = 0; step < 60; step += 1) {
    for (let i = 0; i < 5; i += 1) queue.offer('fast', 'fast', 10);
    for (const camera of ['slow', 'other']) queue.offer(camera, camera, 10);
    served.push(queue.next() ?? '');
  }
  expect(served.filter((camera) => camera === 'fast')).toHaveLength(20);
});

test('a heavy model gets the same time as light ones, in fewer frames', () => {
  const { light, heavy } = timeShares({ light: 10, heavy: 40 }, 500) as { light: number; heavy: number };
  expect(Math.abs(light - heavy)).toBeLessThanOrEqual(50);
});

test('whatever the costs, no camera is ahead of another by more than two turns of the dearest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 8 }), (list) => {
      const costs = Object.fromEntries(list.map((cost, i) => [`cam-${String(i)}`, cost]));
      const given = Object.keys(costs).map((camera) => timeShares(costs, 400)[camera] ?? 0);
      expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(2 * Math.max(...list));
    }),
    { numRuns: 30 },
  );
});

test('clearing hands back everything that waited', () => {
  const queue = new FairQueue<string>();
  queue.offer('a', 'a1', 10);
  queue.offer('b', 'b1', 10);
  expect(queue.clear()).toEqual(['a1', 'b1']);
  expect(queue.next()).toBeNull();
});
