import { expect, test } from 'vitest';
import { workerDetails } from './worker-details.ts';

test('load is CPU time by time passed, measured over seconds however often it is asked', () => {
  let [nowMs, cpuMs, offsetMs] = [0, 0, 1_000_000];
  const details = workerDetails({
    version: '1',
    addresses: { announced: null, listening: [] },
    inferencesPerSecond: () => 41.237,
    clock: { monotonicMs: () => nowMs, epochMs: () => nowMs + offsetMs },
    cpuUs: () => cpuMs * 1000,
  });
  expect(details()).toMatchObject({
    startedAtMs: 1_000_000,
    load: null,
    inferencesPerSecond: 41.24,
  });
  [nowMs, cpuMs] = [1_000, 1_900];
  expect(details().load).toBeNull();
  [nowMs, cpuMs] = [2_000, 3_000];
  expect(details().load).toBe(1.5);
  [nowMs, cpuMs] = [2_100, 9_000];
  expect(details().load).toBe(1.5);
  offsetMs += 5_000;
  expect(details().startedAtMs).toBe(1_005_000);
});
