import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { WorkerHeartbeat } from '#protocol/leases.ts';
import type { Bus, BucketEntry } from '#ops/runtime/bus.port.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { SILENCE_LIMIT_MS } from './decide.ts';
import { UNKNOWN_DETAILS } from '#protocol/workers.ts';
import { Heartbeat } from './heartbeat.ts';

const away = new AppError('bus.unavailable', 'no answer');
const other: WorkerHeartbeat = {
  ...{ worker: 'w-2', bootId: 'b2', atMs: 1, host: 'test', capacity: 4, cameras: 1 },
  ...{ availability: 'open', relay: 'werift' },
  ...UNKNOWN_DETAILS,
};

/** A store of heartbeats that can be away. */
class FakeStore {
  isAway = false;
  readonly kept = new Map<string, WorkerHeartbeat>();
  puts = 0;
  tell: (entry: BucketEntry<WorkerHeartbeat>) => void = () => undefined;
  measureClock: () => Promise<never> = () => Promise.reject(away);

  bus(): Bus {
    const bucket = {
      put: (key: string, value: WorkerHeartbeat) => {
        if (this.isAway) return Promise.reject(away);
        this.kept.set(key, value);
        return Promise.resolve((this.puts += 1));
      },
      get: (key: string) => Promise.resolve({ key, value: this.kept.get(key) ?? null, revision: 1 }),
      delete: () => Promise.resolve(),
      watch: (onEntry: (entry: BucketEntry<WorkerHeartbeat>) => void) => {
        this.tell = onEntry;
        return { close: () => undefined };
      },
    };
    const bus = { connected: true, bucket: () => Promise.resolve(bucket), measureClock: () => this.measureClock() };
    return bus as unknown as Bus;
  }
}

let store: FakeStore;
let heartbeat: Heartbeat;

beforeEach(async () => {
  vi.useFakeTimers();
  store = new FakeStore();
  heartbeat = await Heartbeat.start({
    bus: store.bus(),
    clock: new SlewedClock(() => Date.now()),
    log: silentLog,
    describe: () => ({ ...other, worker: 'w-1', bootId: 'b1', cameras: 0 }),
    onBeat: () => undefined,
    onStep: () => undefined,
  });
});
afterEach(async () => {
  await heartbeat.stop();
  vi.useRealTimers();
});

test('silence of others counts for nothing as long as the store may be away for everybody', async () => {
  await vi.advanceTimersByTimeAsync(10_000);
  store.tell({ key: 'w-2', value: other, revision: 1 });
  expect(heartbeat.renewingForMs).toBeGreaterThan(SILENCE_LIMIT_MS);
  store.isAway = true;
  await vi.advanceTimersByTimeAsync(SILENCE_LIMIT_MS);
  expect(heartbeat.peer('w-2')?.silentForMs).toBeGreaterThanOrEqual(SILENCE_LIMIT_MS);
  expect(heartbeat.renewingForMs).toBe(0);
  store.isAway = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(heartbeat.renewingForMs).toBeLessThan(SILENCE_LIMIT_MS);
});

test('an outage of five seconds, a little shorter than the limit, starts the time of own renewals anew', async () => {
  await vi.advanceTimersByTimeAsync(20_000);
  store.isAway = true;
  await vi.advanceTimersByTimeAsync(5_000);
  store.isAway = false;
  await vi.advanceTimersByTimeAsync(500);
  expect(heartbeat.renewingForMs).toBeLessThan(1_000);
});

test('a renewal that failed is tried again well within the silence limit', async () => {
  store.isAway = true;
  await vi.advanceTimersByTimeAsync(2_000);
  store.isAway = false;
  const before = store.puts;
  await vi.advanceTimersByTimeAsync(600);
  expect(store.puts).toBe(before + 1);
});

test('renewals go on while the server that tells the time does not answer', async () => {
  store.measureClock = () => new Promise<never>(() => undefined);
  const before = store.puts;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(store.puts).toBe(before + 5);
});

test('who is silent only because the watch brings nothing is heard by asking', async () => {
  store.tell({ key: 'w-2', value: other, revision: 1 });
  await vi.advanceTimersByTimeAsync(10_000);
  store.kept.set('w-2', { ...other, atMs: 2 });
  expect(await heartbeat.askFor('w-2')).toBe(true);
  expect(heartbeat.peer('w-2')?.silentForMs).toBe(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await heartbeat.askFor('w-2')).toBe(false);
  expect(heartbeat.peer('w-2')?.silentForMs).toBe(10_000);
});
