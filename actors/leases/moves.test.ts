import { expect, test } from 'vitest';
import { planMoves, takesOver, type MovableCamera, type MovesSituation, type Standing } from './moves.ts';

function worker(name: string, cameras: number, more: Partial<Standing> = {}): Standing {
  return { worker: name, cameras, capacity: 100, availability: 'open', groups: [], ...more };
}

function quiet(count: number, group: string | null = null): MovableCamera[] {
  return Array.from({ length: count }, (_, i) => ({ camera: `c-${String(i)}`, isQuiet: true, group }));
}

const BALANCED: MovesSituation = {
  me: worker('w-1', 10),
  peers: [worker('w-2', 9)],
  cameras: quiet(10),
  moving: 0,
  calmForMs: 60_000,
};

test('a fleet as even as it can be stays as it is', () => {
  expect(planMoves(BALANCED)).toEqual([]);
  expect(planMoves({ ...BALANCED, peers: [worker('w-2', 10), worker('w-3', 11)] })).toEqual([]);
});

test('a worker that joins is given cameras, two at a time, once all is calm', () => {
  const joined = { ...BALANCED, peers: [worker('w-2', 0)] };
  expect(planMoves(joined)).toEqual([
    { camera: 'c-0', to: 'w-2' },
    { camera: 'c-1', to: 'w-2' },
  ]);
  expect(planMoves({ ...joined, moving: 1 })).toHaveLength(1);
  expect(planMoves({ ...joined, moving: 2 })).toEqual([]);
  expect(planMoves({ ...joined, calmForMs: 5_000 })).toEqual([]);
});

test('what is given away and on its way counts: the last move does not tip the scales', () => {
  const uneven = { ...BALANCED, me: worker('w-1', 4), peers: [worker('w-2', 2)] };
  expect(planMoves(uneven)).toHaveLength(1);
  expect(planMoves({ ...uneven, moving: 1 })).toEqual([]);
});

test('capacity counts, not numbers', () => {
  const small = worker('w-2', 2, { capacity: 20 });
  expect(planMoves({ ...BALANCED, peers: [small] })).toEqual([]);
  expect(planMoves({ ...BALANCED, me: worker('w-1', 30), peers: [small] })).toHaveLength(2);
});

test('a camera with people near a line stays where it is', () => {
  const cameras = [{ camera: 'busy', isQuiet: false, group: null }, ...quiet(1)];
  expect(planMoves({ ...BALANCED, peers: [worker('w-2', 0)], cameras })).toEqual([{ camera: 'c-0', to: 'w-2' }]);
});

test('a worker that leaves gives all away, those with nobody in sight first, to whoever has room', () => {
  const me = worker('w-1', 3, { availability: 'leaving' });
  const cameras = [{ camera: 'busy', isQuiet: false, group: null }, ...quiet(2)];
  const peers = [
    worker('w-2', 50),
    worker('w-3', 49),
    worker('full', 1, { availability: 'full' }),
    worker('packed', 100),
  ];
  expect(planMoves({ me, peers, cameras, moving: 0, calmForMs: 0 })).toEqual([
    { camera: 'c-0', to: 'w-3' },
    { camera: 'c-1', to: 'w-2' },
    { camera: 'busy', to: 'w-3' },
  ]);
  expect(planMoves({ me, peers: [], cameras, moving: 0, calmForMs: 0 })).toEqual([]);
  // It takes more by its own word, whatever it was measured to manage.
  expect(planMoves({ me, peers: [worker('packed', 100)], cameras, moving: 0, calmForMs: 0 })).toHaveLength(3);
});

test('a camera kept to a group goes to workers of that group alone', () => {
  const gpu = worker('w-3', 80, { groups: ['gpu'] });
  const leaving = { ...BALANCED, me: worker('w-1', 10, { availability: 'leaving' }), peers: [worker('w-2', 0), gpu] };
  const cameras = [...quiet(1, 'gpu'), { camera: 'any', isQuiet: true, group: null }];
  expect(planMoves({ ...leaving, cameras })).toEqual([
    { camera: 'c-0', to: 'w-3' },
    { camera: 'any', to: 'w-2' },
  ]);
  expect(planMoves({ ...leaving, peers: [worker('w-2', 0)], cameras })).toEqual([{ camera: 'any', to: 'w-2' }]);
});

test('one that was pinned to a group goes there however even the fleet is, and is taken', () => {
  const gpu = worker('w-3', 80, { groups: ['gpu'] });
  const pinned = { ...BALANCED, peers: [worker('w-2', 9), gpu], cameras: [...quiet(9), ...quiet(1, 'gpu')] };
  expect(planMoves(pinned)).toEqual([{ camera: 'c-0', to: 'w-3' }]);
  expect(takesOver(gpu, BALANCED.me, 'gpu')).toBe(true);
  expect(takesOver(gpu, BALANCED.me, null)).toBe(false);
  expect(takesOver(worker('w-2', 0), BALANCED.me, 'gpu')).toBe(false);
});
