import { bucketMaxAgeMs, buckets, clockStream, replicas, streams } from '#protocol/streams.ts';
import type { Bus, BucketSpec, StreamSpec } from './bus.port.ts';

const DAY_MS = 24 * 3_600_000;

/** Makes every stream and bucket the product speaks through; each process asks for it at its start, whoever comes first. */
export async function ensureStreams(bus: Bus): Promise<void> {
  const kept: StreamSpec[] = Object.values(streams).map((stream) => ({
    name: stream.name,
    subjects: stream.subjects,
    storage: 'file',
    dedupeWindowMs: stream.dedupeWindowMs,
    maxAgeMs: stream.maxAgeDays * DAY_MS,
    maxMessages: null,
    discard: 'new',
    replicas,
  }));
  const clock: StreamSpec = {
    name: clockStream.name,
    subjects: [clockStream.subject],
    storage: 'memory',
    dedupeWindowMs: 1_000,
    maxAgeMs: null,
    maxMessages: clockStream.maxMessages,
    discard: 'old',
    replicas,
  };
  const specs: BucketSpec[] = Object.values(buckets).map((name) => {
    return { name, maxAgeMs: bucketMaxAgeMs[name] ?? null, replicas };
  });
  await bus.declare({ streams: [...kept, clock], buckets: specs });
}
