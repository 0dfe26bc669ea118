import { expect, test } from 'vitest';
import { rankOf } from './rendezvous.ts';

const cameras = Array.from({ length: 2_000 }, (_, i) => `cam-${String(i)}`);
const first = (camera: string, workers: { worker: string; freeCapacity: number }[]): string =>
  workers.find(({ worker }) => rankOf(camera, worker, workers) === 0)?.worker ?? '';

test('cameras spread by free capacity', () => {
  const workers = [
    { worker: 'a', freeCapacity: 1 },
    { worker: 'b', freeCapacity: 3 },
  ];
  const share = cameras.filter((camera) => first(camera, workers) === 'b').length / cameras.length;
  expect(share).toBeGreaterThan(0.7);
  expect(share).toBeLessThan(0.8);
});

test('when a worker leaves only its cameras move', () => {
  const all = ['a', 'b', 'c'].map((worker) => ({ worker, freeCapacity: 2 }));
  const fewer = all.slice(0, 2);
  for (const camera of cameras) {
    const before = first(camera, all);
    if (before !== 'c') expect(first(camera, fewer)).toBe(before);
  }
});

test('each worker has a rank of its own', () => {
  const workers = ['a', 'b', 'c', 'd'].map((worker) => ({ worker, freeCapacity: 0 }));
  expect(workers.map(({ worker }) => rankOf('cam-1', worker, workers)).toSorted()).toEqual([0, 1, 2, 3]);
});
