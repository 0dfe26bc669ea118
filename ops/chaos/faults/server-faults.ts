import { setTimeout as sleep } from 'node:timers/promises';
import { buckets, streams } from '#protocol/streams.ts';
import type { TestNatsNode } from '#ops/testkit/nats-cluster.ts';
import type { Rig } from '../rig.ts';
import type { Random } from '../schedule.ts';
import { between, oneOf, type Fault } from './fault.ts';

const LED = [streams.facts.name, ...[buckets.workers, buckets.leases].map((name) => `KV_${name}`)];

async function leaderOf(rig: Rig, random: Random): Promise<TestNatsNode> {
  const stream = oneOf(random, [...LED, null]);
  const leader = await (stream === null ? rig.nats.metaLeader() : rig.nats.leaderOf(stream));
  return leader ?? oneOf(random, rig.nats.nodes);
}

async function followerOf(rig: Rig, random: Random): Promise<TestNatsNode> {
  const leader = await rig.nats.leaderOf(streams.facts.name);
  return oneOf(
    random,
    rig.nats.nodes.filter((node) => node !== leader),
  );
}

const killed = (name: string, pick: (rig: Rig, random: Random) => Promise<TestNatsNode>): Fault => ({
  name,
  movesNoCamera: true,
  async inflict(rig, random) {
    const node = await pick(rig, random);
    await node.kill();
    await sleep(between(random, 1_000, 20_000));
    await node.start();
    // The next fault may be another server's: a second one down would be more than a cluster of three can bear.
    await rig.nats.untilLed();
    return node.name;
  },
});

export const natsFollowerKilled = killed('nats-follower-killed', followerOf);
export const natsLeaderKilled = killed('nats-leader-killed', leaderOf);

export const natsServerHangs: Fault = {
  name: 'nats-server-hangs',
  movesNoCamera: true,
  async inflict(rig, random) {
    const node = await leaderOf(rig, random);
    node.signal('SIGSTOP');
    await sleep(between(random, 3_000, 15_000));
    node.signal('SIGCONT');
    await rig.nats.untilLed();
    return node.name;
  },
};

export const postgresKilled: Fault = {
  name: 'postgres-killed',
  movesNoCamera: true,
  async inflict(rig, random) {
    await rig.postgres.kill();
    await sleep(between(random, 500, 30_000));
    await rig.postgres.start();
    return 'PostgreSQL';
  },
};

/** As long as an operator's coffee break, in miniature. */
export const postgresAway: Fault = {
  name: 'postgres-away',
  movesNoCamera: true,
  async inflict(rig, random) {
    await rig.postgres.stop();
    await sleep(between(random, 40_000, 60_000));
    await rig.postgres.start();
    return 'PostgreSQL';
  },
};

export const natsAllKilled: Fault = {
  name: 'nats-all-killed',
  movesNoCamera: true,
  async inflict({ nats }, random) {
    await nats.kill();
    await sleep(between(random, 0, 20_000));
    await nats.start();
    await nats.untilLed();
    return 'all nodes';
  },
};

/** What a power cut does to writes that nats-server acknowledged and had not synced: it does so every two minutes. */
export const natsRolledBack: Fault = {
  name: 'nats-rolled-back',
  movesNoCamera: true,
  async inflict({ nats }, random) {
    await nats.kill();
    nats.saveStores();
    await nats.start();
    await nats.untilLed();
    await sleep(between(random, 10_000, 30_000));
    await nats.kill();
    nats.restoreStores();
    await nats.start();
    await nats.untilLed();
    return 'all nodes';
  },
};
