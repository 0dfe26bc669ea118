import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { replicas } from '#protocol/streams.ts';
import { projectorStatsSchema, type ProjectorStats } from '#protocol/projector-stats.ts';
import { subjects } from '#protocol/subjects.ts';
import { leaseStarted, lineCrossed, newLease, publish } from '#ops/testkit/facts.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';

const T = Date.parse('2026-11-22T10:00:00Z');
const IDLE: ProjectorStats = { waiting: 0, oldestForMs: null, pausedSinceMs: null, pausedBecause: null };
let world: TestProjector;

beforeAll(async () => {
  world = await openTestProjector(T);
});
afterAll(() => world.close());

const ask = (): Promise<ProjectorStats> => world.bus.request(subjects.projectorStats, {}, projectorStatsSchema, 5_000);

it('says how far it is behind in messages and age, and why, while PostgreSQL is away and nothing is fetched', async () => {
  const lease = newLease('cam-1');
  await publish(world.bus, leaseStarted(lease, T));
  await vi.waitFor(async () => {
    expect(await world.watermark(lease)).toMatchObject({ started: true });
    expect(await ask()).toEqual(IDLE);
  });
  await world.postgres.stop();
  const stoppedAtMs = Date.now();
  for (let n = 1; n <= 20; n += 1) await publish(world.bus, lineCrossed(lease, n, T + n));
  await vi.waitFor(async () => {
    const { waiting, oldestForMs, pausedSinceMs, pausedBecause } = await ask();
    expect(waiting).toBe(20);
    expect(pausedBecause).toMatch(/^the database cannot be used now/);
    expect(pausedSinceMs).toBeGreaterThanOrEqual(stoppedAtMs);
    expect(oldestForMs).toBeGreaterThan(1_000);
    expect(oldestForMs).toBeLessThanOrEqual(Date.now() - stoppedAtMs + 1);
  });
  await world.postgres.start();
  await vi.waitFor(async () => {
    expect(await ask()).toEqual(IDLE);
  });
  expect(await world.accepted('cam-1')).toHaveLength(20);
});

it('knows the age of what waits when older messages are gone from the stream', async () => {
  const name = 'short';
  const kept = { storage: 'memory', maxAgeMs: null, maxMessages: 2, discard: 'old' } as const;
  const limits = { ...kept, dedupeWindowMs: 1_000, replicas };
  await world.bus.declare({ streams: [{ name, subjects: ['short.>'], ...limits }], buckets: [] });
  expect(await world.bus.backlog(name, 'slow')).toBeNull();
  const onBatch = (): Promise<void> => Promise.reject(new Error('not now'));
  const reader = world.bus.consume({ stream: name, durable: 'slow', maxBatch: 1, onBatch });
  const startedAtMs = Date.now();
  for (const n of [1, 2, 3, 4, 5]) await world.bus.publishFact('short.a', `short.${String(n)}`, n);
  await vi.waitFor(async () => {
    const backlog = await world.bus.backlog(name, 'slow');
    expect(backlog?.messages).toBeGreaterThanOrEqual(2);
    expect(backlog?.oldestAtMs).toBeGreaterThanOrEqual(startedAtMs - 1);
  });
  reader.close();
});
