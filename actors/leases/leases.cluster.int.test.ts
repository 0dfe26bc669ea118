import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { epochFloorSchema } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { ensureStreams } from '#ops/runtime/bus.streams.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { TestNatsCluster, type TestNatsNode } from '#ops/testkit/nats-cluster.ts';
import { openLeases, type Leases } from './leases.ts';

const CAMERA = 'cam-1';
/** Election, and the silence limit twice: whoever would take a camera has done so by then. */
const TAKEN_BY_NOW_MS = 22_000;
let cluster: TestNatsCluster;
const buses: Bus[] = [];
const workers: Leases[] = [];

beforeAll(async () => {
  cluster = await TestNatsCluster.open();
  for (const worker of ['w-1', 'w-2']) {
    const { url, user, passwordFile } = cluster;
    const bus = await openBus({ url, user, passwordFile, name: worker, log: silentLog });
    await ensureStreams(bus);
    buses.push(bus);
    await (await bus.bucket(buckets.epochFloors, epochFloorSchema)).put(CAMERA, { camera: CAMERA, epoch: 10 });
    const own = { worker, host: 'test', capacity: 4, relay: () => 'werift' };
    const clock = new SlewedClock();
    workers.push(await openLeases({ bus, clock, log: silentLog, ...own, availability: () => 'open' }));
  }
});
afterAll(async () => {
  for (const each of workers) await each.close();
  for (const bus of buses) await bus.close();
  await cluster.close();
});

const cases: Record<string, () => Promise<TestNatsNode | null>> = {
  'that keeps the heartbeats': () => cluster.leaderOf(`KV_${buckets.workers}`),
  'that keeps the leases': () => cluster.leaderOf(`KV_${buckets.leases}`),
  'that leads the cluster': () => cluster.metaLeader(),
};

test.each(Object.keys(cases))('the death of the server %s re-homes no camera', async (which) => {
  const [first, second] = workers;
  const lease = await vi.waitFor(() => first?.claim(CAMERA), { timeout: 20_000, interval: 250 });
  let isLost = false;
  void lease?.lost.then(() => (isLost = true));
  const victim = await vi.waitFor(async () => (await cases[which]?.()) ?? Promise.reject(new Error('no leader')));
  await victim.kill();
  const untilMs = performance.now() + TAKEN_BY_NOW_MS;
  while (performance.now() < untilMs) {
    await expect(second?.claim(CAMERA)).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(isLost).toBe(false);
  expect(lease?.isCertain).toBe(true);
  await victim.start();
  await cluster.untilLed();
});
