import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { buckets, streams } from '#protocol/streams.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { TestNatsCluster } from '#ops/testkit/nats-cluster.ts';
import type { BucketSpec, Bus, Closable, StreamSpec } from './bus.port.ts';
import { openBus } from './bus.ts';
import { ensureStreams } from './bus.streams.ts';

const text = v.object({ text: v.string() });
/** An election takes up to 9 s, and a client may wait 5 s for an answer that never comes. */
const ELECTED_WITHIN_MS = 30_000;
let cluster: TestNatsCluster;
let bus: Bus;
const open: Closable[] = [];

beforeAll(async () => {
  cluster = await TestNatsCluster.open();
  bus = await connectTo(cluster.url);
  await ensureStreams(bus);
});
afterEach(async () => {
  for (const closable of open.splice(0)) closable.close();
  for (const node of cluster.nodes) {
    node.signal('SIGCONT');
    if (!node.running) await node.start();
  }
  await cluster.untilLed();
});
afterAll(async () => {
  await bus.close();
  await cluster.close();
});

function connectTo(url: string): Promise<Bus> {
  return openBus({ url, user: cluster.user, passwordFile: cluster.passwordFile, name: 'test', log: silentLog });
}

async function replicasOf(stream: string): Promise<number> {
  const leader = await vi.waitFor(
    async () => (await cluster.leaderOf(stream)) ?? Promise.reject(new Error('no leader')),
  );
  const seen = (await leader.jetStream())?.account_details?.flatMap(({ stream_detail: all }) => all ?? []) ?? [];
  return 1 + (seen.find(({ name }) => name === stream)?.cluster?.replicas?.length ?? 0);
}

function specs(clustered: number): { streams: StreamSpec[]; buckets: BucketSpec[] } {
  const replicas = { alone: 1, clustered };
  const stream = { dedupeWindowMs: 1_000, maxAgeMs: null, maxMessages: 10, replicas };
  return {
    streams: [
      { ...stream, name: 'kept', subjects: ['test.kept'], storage: 'file', discard: 'new' },
      { ...stream, name: 'held', subjects: ['test.held'], storage: 'memory', discard: 'old' },
    ],
    buckets: [{ name: 'migrated', maxAgeMs: null, replicas }],
  };
}

describe('in a cluster of three servers', () => {
  it('keeps every stream and bucket on all three', async () => {
    for (const name of [streams.facts.name, 'footfall-clock', ...Object.values(buckets).map((each) => `KV_${each}`)]) {
      expect([name, await replicasOf(name)]).toEqual([name, 3]);
    }
  });

  it('spreads what was made on one server over all three, with what is in it, and takes no copies away', async () => {
    const first = await connectTo(cluster.url);
    await first.declare(specs(1));
    expect(await replicasOf('kept')).toBe(1);
    const bucket = await first.bucket('migrated', text);
    await bucket.put('a', { text: 'before' });
    await first.publishFact('test.kept', '1', { text: 'before' });
    await first.declare(specs(3));
    for (const name of ['kept', 'held', 'KV_migrated']) expect([name, await replicasOf(name)]).toEqual([name, 3]);
    await first.declare(specs(1));
    for (const name of ['kept', 'held', 'KV_migrated']) expect([name, await replicasOf(name)]).toEqual([name, 3]);
    expect((await bucket.get('a'))?.value).toEqual({ text: 'before' });
    await first.close();
  });

  it('goes on writing and reading after the death of any one of them, without losing what was acknowledged', async () => {
    const bucket = await bus.bucket(buckets.cameraStates, v.any());
    for (const [i, node] of cluster.nodes.entries()) {
      await bucket.put('cam', { i });
      await node.kill();
      await vi.waitFor(
        async () => {
          expect((await bucket.get('cam'))?.value).toEqual({ i });
          await bucket.put('other', { i });
          await bus.publishFact(`footfall.fact.camera.cam.measured.v${String(i)}`, `id-${String(i)}`, { i });
          expect((await bus.measureClock()).uncertaintyMs).toBeLessThan(1_000);
        },
        { timeout: ELECTED_WITHIN_MS, interval: 250 },
      );
      await node.start();
      await cluster.untilLed();
    }
  });

  it('moves to another server within seconds when its own hangs', async () => {
    const pair = cluster.nodes.slice(0, 2);
    const moving = await connectTo(pair.map(({ url }) => url).join(','));
    const told: boolean[] = [];
    moving.onConnection((connected) => told.push(connected));
    const isLost = (): Promise<boolean> =>
      vi
        .waitFor(() => told.length > 0 || Promise.reject(new Error('still connected')), { timeout: 4_000 })
        .catch(() => false);
    for (const node of pair) {
      node.signal('SIGSTOP');
      if (await isLost()) break;
      node.signal('SIGCONT'); // It is connected to the other one.
    }
    await vi.waitFor(
      () => {
        expect(told).toEqual([false, true]);
      },
      { timeout: 2_000 },
    );
    await moving.close();
  });

  it('brings to watches what is written after a server that fed some of them died', async () => {
    const bucket = await bus.bucket(buckets.workers, v.any());
    const client = await connectTo(cluster.node('node-1').url);
    const watched = await client.bucket(buckets.workers, v.any());
    // Each is fed by one server, whichever.
    const seen = Array.from({ length: 12 }, () => new Set<string>());
    for (const texts of seen) open.push(watched.watch(({ value }) => texts.add((value as { text: string }).text)));
    const allSee = (text: string, timeout: number): Promise<void> =>
      vi.waitFor(
        () => {
          expect(seen.map((texts) => texts.has(text))).toEqual(seen.map(() => true));
        },
        { timeout },
      );
    await bucket.put('w', { text: 'before' });
    await allSee('before', 10_000);
    await cluster.node('node-2').kill();
    await vi.waitFor(() => bucket.put('w', { text: 'after' }), { timeout: ELECTED_WITHIN_MS, interval: 250 });
    await allSee('after', ELECTED_WITHIN_MS);
    await client.close();
  });

  it('hands every message to a durable consumer once its server died, and reads nothing again', async () => {
    const handed = { name: 'handed', subjects: ['test.handed'], maxMessages: null };
    await bus.declare({
      streams: specs(3)
        .streams.map((kept) => ({ ...kept, ...handed }))
        .slice(0, 1),
      buckets: [],
    });
    const seen: string[] = [];
    const receive = (batch: readonly { messageId: string | null }[]): Promise<void> => {
      seen.push(...batch.map(({ messageId }) => messageId ?? ''));
      return Promise.resolve();
    };
    open.push(bus.consume({ stream: 'handed', durable: 'reader', onBatch: receive }));
    const publish = async (id: string): Promise<void> => {
      await vi.waitFor(() => bus.publishFact('test.handed', id, {}), { timeout: ELECTED_WITHIN_MS, interval: 250 });
      await vi.waitFor(
        () => {
          expect(seen).toContain(id);
        },
        { timeout: ELECTED_WITHIN_MS },
      );
    };
    await publish('first');
    let last = 'first';
    for (const node of cluster.nodes) {
      const before = seen.length;
      await node.kill();
      await publish(node.name);
      // The word that the last one was taken may have died with the server; what came before it was settled long ago.
      expect(seen.slice(before).filter((id) => id !== last)).toEqual([node.name]);
      last = node.name;
      await node.start();
      await cluster.untilLed();
    }
  });
});
