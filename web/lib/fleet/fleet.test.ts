import { describe, expect, test } from 'vitest';
import type { CameraState } from '#protocol/camera.ts';
import type { WorkerHeartbeat } from '#protocol/leases.ts';
import { UNKNOWN_DETAILS } from '#protocol/workers.ts';
import { waitingOf, workersOf, type HeardWorker, type KnownWorker } from './fleet.ts';

const NOW = 1_000_000;

function row(id: string, more: Partial<KnownWorker> = {}): KnownWorker {
  return {
    ...UNKNOWN_DETAILS,
    id,
    host: 'attic',
    capacity: 4,
    lastSeenMs: NOW - 90_000,
    cordoned: false,
    drained: false,
    ...more,
  };
}

function heard(worker: string, silentForMs = 500, more: Partial<WorkerHeartbeat> = {}): HeardWorker {
  const life = { bootId: 'b', atMs: NOW, host: 'attic', relay: 'werift' };
  const work = { capacity: 4, cameras: 3, availability: 'open' as const };
  return { heartbeat: { ...UNKNOWN_DETAILS, worker, ...life, ...work, load: 1.5, ...more }, silentForMs };
}

describe('workersOf()', () => {
  test('a worker that is heard is as it says, with the orders of the table', () => {
    const list = workersOf([row('w-1', { cordoned: true })], [heard('w-1', 500, { availability: 'cordoned' })], NOW);
    expect(list).toMatchObject([
      {
        id: 'w-1',
        state: 'cordoned',
        cameras: 3,
        load: 1.5,
        lastHeardMs: NOW,
        orders: { cordoned: true, drained: false },
      },
    ]);
  });

  test('one that was not heard for six seconds is silent since then, without cameras', () => {
    expect(workersOf([row('w-1')], [heard('w-1', 8_000)], NOW)).toMatchObject([
      { state: 'silent', lastHeardMs: NOW - 8_000, cameras: 0, load: null },
    ]);
  });

  test('one that only the table knows is silent since it was noted, one that only the bus knows is there', () => {
    expect(workersOf([row('w-2')], [heard('w-1')], NOW)).toMatchObject([
      { id: 'w-1', state: 'open', orders: { cordoned: false, drained: false } },
      { id: 'w-2', state: 'silent', lastHeardMs: NOW - 90_000, capacity: 4 },
    ]);
  });
});

describe('waitingOf()', () => {
  const cameras = ['hall', 'door', 'yard', 'off'].map((id) => ({ id, name: id, enabled: id !== 'off' }));
  const state = (camera: string, code: string | null, sinceMs: number): CameraState => ({
    ...{ camera, code, sinceMs, state: 'connecting', reason: `${camera} waits` },
    ...{ retryAtMs: null, worker: 'w-1', run: 0, model: null },
  });

  test('those that no worker has room for wait, the longest first; others have their own troubles', () => {
    const states = [
      state('hall', 'fleet.full', 20),
      state('door', 'camera.unclaimed', 10),
      state('yard', 'camera.unreachable', 5),
      state('off', 'fleet.full', 1),
    ];
    expect(waitingOf(cameras, states, true)).toEqual([
      { camera: 'door', name: 'door', reason: 'door waits', code: 'camera.unclaimed', sinceMs: 10 },
      { camera: 'hall', name: 'hall', reason: 'hall waits', code: 'fleet.full', sinceMs: 20 },
    ]);
  });

  test('without any worker every camera that is switched on waits, whatever was told of it last', () => {
    const waiting = waitingOf(cameras, [state('hall', null, 20)], false);
    expect(waiting.map(({ camera }) => camera)).toEqual(['hall', 'door', 'yard']);
    expect(waiting[0]?.reason).toContain('No worker runs');
  });
});
