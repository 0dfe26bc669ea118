import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { Availability, WorkerHeartbeat } from '#protocol/leases.ts';
import { Claimer, type ClaimableLeases } from './claimer.ts';
import type { Lease } from './held-lease.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const HELD = new AppError('camera.held-elsewhere', 'worker w-2 runs it');

/** A fleet of two as one of them sees it; claims are answered by the test. */
function start() {
  const world = {
    availability: 'open' as Availability,
    group: null as string | null,
    peers: [] as WorkerHeartbeat[],
    held: new Set<string>(),
    claimable: new Set<string>(),
    obstacle: null as AppError | null,
    refusal: null as AppError | null,
    asked: [] as string[],
    waiting: [] as (() => void)[],
    isSlow: false,
  };
  const leases: ClaimableLeases = {
    async claim(camera) {
      world.asked.push(camera);
      if (world.isSlow) await new Promise<void>((resolve) => world.waiting.push(resolve));
      if (world.refusal !== null) throw world.refusal;
      world.held.add(camera);
      return { camera } as Lease;
    },
    obstacle: () => (world.obstacle === null ? null : { why: world.obstacle, forMs: 700 }),
    claimable: () => world.claimable,
    isHeld: (camera) => world.held.has(camera),
    isSpokesman: () => true,
    groupOf: () => world.group,
    standing: () =>
      ({ worker: 'w-1', cameras: 3, availability: world.availability, groups: ['attic'] }) as WorkerHeartbeat,
    livePeers: () => world.peers,
  };
  const claimed: string[] = [];
  const told: string[] = [];
  const claimer = new Claimer(
    leases,
    { monotonicMs: () => performance.now() },
    {
      onClaimed: ({ camera }) => claimed.push(camera),
      onUnclaimed: (camera, { code, message }) => told.push(`${camera} ${code} ${message}`),
    },
  );
  return { world, claimer, claimed, told };
}

const passing = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('a wanted camera is claimed at once, an unwanted one never', async () => {
  const { world, claimer, claimed } = start();
  world.claimable.add('stranger');
  claimer.want('hall');
  await passing(1_000);
  expect(claimed).toEqual(['hall']);
  expect(world.asked).toEqual(['hall']);
});

test('what another runs is left alone, and claimed when it is free again', async () => {
  const { world, claimer, claimed } = start();
  world.held.add('hall');
  world.obstacle = HELD;
  claimer.want('hall');
  await passing(10_000);
  expect(world.asked).toEqual([]);
  world.held.clear();
  world.obstacle = null;
  world.claimable.add('hall');
  await passing(600);
  expect(claimed).toEqual(['hall']);
});

test('a claim that fails is tried again, but not in the same breath, and told after a while', async () => {
  const { world, claimer, claimed, told } = start();
  world.refusal = new AppError('bus.unavailable', 'no answer');
  claimer.want('hall');
  await passing(1_900);
  expect(world.asked).toHaveLength(1);
  expect(told).toEqual([]);
  await passing(2_000);
  expect(told).toEqual(['hall bus.unavailable no answer']);
  world.refusal = null;
  await passing(3_000);
  expect(claimed).toEqual(['hall']);
  expect(told).toHaveLength(1);
});

test('a camera that is wanted again while it is asked for is asked for once', async () => {
  const { world, claimer, claimed } = start();
  world.isSlow = true;
  claimer.want('hall');
  await passing(100);
  claimer.want('hall');
  await passing(1_000);
  expect(world.asked).toEqual(['hall']);
  world.waiting.shift()?.();
  await passing(1_000);
  expect(claimed).toEqual(['hall']);
});

test('many cameras are asked for a few at a time', async () => {
  const { world, claimer, claimed } = start();
  world.isSlow = true;
  for (let i = 0; i < 50; i += 1) claimer.want(`c-${String(i)}`);
  await passing(600);
  expect(world.asked).toHaveLength(16);
  while (world.waiting.length > 0) {
    world.waiting.shift()?.();
    await passing(1);
  }
  expect(claimed).toHaveLength(50);
});

test('while no worker takes more, that is what is told', async () => {
  const { world, claimer, told } = start();
  world.availability = 'full';
  world.peers = [{ worker: 'w-2', cameras: 4, availability: 'cordoned', groups: [] as string[] } as WorkerHeartbeat];
  world.obstacle = new AppError('camera.unclaimed', 'this worker takes no more cameras');
  claimer.want('hall');
  await passing(4_000);
  expect(told).toEqual(['hall fleet.full no worker takes more cameras: w-1 is full (3), w-2 is cordoned (4)']);
  claimer.unwant('hall');
  world.obstacle = null;
  await passing(4_000);
  expect(world.asked).toEqual([]);
});

test('a camera kept to a group waits for workers of that group, and that is what is told', async () => {
  const { world, claimer, told } = start();
  world.obstacle = new AppError('camera.unclaimed', 'it is kept to workers of group gpu');
  world.group = 'gpu';
  claimer.want('hall');
  await passing(4_000);
  expect(told).toEqual(['hall camera.unclaimed it is kept to a worker of group gpu, and none is there']);
  world.peers = [{ worker: 'w-2', cameras: 4, availability: 'full', groups: ['gpu'] } as WorkerHeartbeat];
  await passing(1_000);
  expect(told[1]).toBe('hall fleet.full no worker of group gpu takes more cameras: w-2 is full (4)');
});
