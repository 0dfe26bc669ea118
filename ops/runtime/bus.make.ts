import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { nanos, type NatsConnection } from 'nats';
import { AppError } from '#protocol/errors.ts';
import type { BucketSpec, Replicas, StreamSpec } from './bus.port.ts';
import { delay } from './bus.connection.ts';

/** An election takes 4 to 9 s in nats-server 2.9. */
const LEADER_LIMIT_MS = 15_000;
const LEADER_LOOK_MS = 250;
/** What a server that died was asked is asked again of its successor. A watch may be given to a dead one, by nats-server 2.9. */
const BUCKET_TIMEOUT_MS = 3_000;

/**
 * How many copies the connected server can keep. The server is asked, not a setting: every process of an installation then
 * finds the same answer, and one started without the setting cannot make streams that die with a single server.
 */
function replicasHere(nc: NatsConnection, { alone, clustered }: Replicas): number {
  return nc.info?.cluster === undefined ? alone : clustered;
}

/**
 * Makes a stream exist with these settings; changes nothing where they are so already. Returns once it can be written to;
 * rejects with bus.unavailable when no server leads it in time.
 */
export async function makeStream(nc: NatsConnection, spec: StreamSpec): Promise<void> {
  const manager = await jetstreamManager(nc, { checkAPI: false });
  const settings = {
    subjects: [...spec.subjects],
    discard: spec.discard === 'new' ? DiscardPolicy.New : DiscardPolicy.Old,
    max_age: spec.maxAgeMs === null ? 0 : nanos(spec.maxAgeMs),
    max_msgs: spec.maxMessages ?? -1,
    duplicate_window: nanos(spec.dedupeWindowMs),
    num_replicas: replicasHere(nc, spec.replicas),
  } satisfies Partial<StreamConfig>;
  const found = await infoOf(manager, spec.name);
  if (found === null) {
    await manager.streams.add({
      name: spec.name,
      retention: RetentionPolicy.Limits,
      storage: spec.storage === 'file' ? StorageType.File : StorageType.Memory,
      ...settings,
    });
  } else {
    await change(manager, found, settings);
  }
  await untilLed(nc, manager, spec.name);
}

/** One value a key. Returns once it can be written to, as `makeStream` does. */
export async function makeBucket(nc: NatsConnection, spec: BucketSpec): Promise<void> {
  const manager = await jetstreamManager(nc, { checkAPI: false });
  const name = `KV_${spec.name}`;
  const num_replicas = replicasHere(nc, spec.replicas);
  const found = await infoOf(manager, name);
  if (found === null) {
    const ttl = spec.maxAgeMs === null ? {} : { ttl: spec.maxAgeMs };
    const client = jetstream(nc, { checkAPI: false });
    await new Kvm(client).create(spec.name, { history: 1, allow_direct: false, replicas: num_replicas, ...ttl });
  } else {
    await change(manager, found, { num_replicas });
  }
  await untilLed(nc, manager, name);
}

/**
 * A bucket that exists; no server is asked, so that one that is needed only for making streams may be away. Reads go to the
 * leader, because a lease is decided by what was read.
 */
export function bindBucket(nc: NatsConnection, name: string): Promise<KV> {
  return new Kvm(jetstream(nc, { checkAPI: false, timeout: BUCKET_TIMEOUT_MS })).open(name, { allow_direct: false });
}

/** Only what differs is an update: in a cluster each one is agreed upon by all servers, and every process asks at its start. */
async function change(manager: JetStreamManager, found: StreamInfo, settings: Partial<StreamConfig>): Promise<void> {
  // Never fewer copies than there are: a server that has not joined its cluster yet would take them away.
  const num_replicas = Math.max(found.config.num_replicas, settings.num_replicas ?? 1);
  const wanted = { ...settings, num_replicas };
  const isSo = Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(found.config[key as keyof StreamConfig]) === JSON.stringify(value),
  );
  if (!isSo) await manager.streams.update(found.config.name, wanted);
}

/** null: there is none. */
async function infoOf(manager: JetStreamManager, name: string): Promise<StreamInfo | null> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return null;
    throw error;
  }
}

/** A clustered stream that was made or changed just now has no leader for some seconds. */
async function untilLed(nc: NatsConnection, manager: JetStreamManager, name: string): Promise<void> {
  if (nc.info?.cluster === undefined) return;
  const deadline = performance.now() + LEADER_LIMIT_MS;
  for (;;) {
    const info = await infoOf(manager, name);
    if (info?.cluster?.leader !== undefined) return;
    if (performance.now() > deadline) throw new AppError('bus.unavailable', `no server leads ${name} yet`);
    await delay(LEADER_LOOK_MS);
  }
}
