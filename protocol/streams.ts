import { subjects } from './subjects.ts';

/** JetStream streams and KV buckets, by name and intent; ops/runtime/bus makes them so. Written to nats-server 2.9's feature set. */
export const streams = {
  /** Discard `new`: a full stream refuses, and the refused fact stays in its outbox. */
  facts: { name: 'footfall-facts', subjects: [subjects.allFacts], dedupeWindowMs: 120_000, maxAgeDays: 30 },
  deadLetters: { name: 'footfall-dead', subjects: [subjects.allDeadLetters], dedupeWindowMs: 120_000, maxAgeDays: 30 },
} as const;

/**
 * Copies of every stream and bucket. In a cluster each write is on two of three servers before it is acknowledged, so that any
 * one of them may die.
 */
export const replicas = { alone: 1, clustered: 3 } as const;

/**
 * Messages in memory: their store time is the server's clock (nats-server 2.9 tells it in no other way). As many are kept as
 * workers may write before one of them has read its own.
 */
export const clockStream = { name: 'footfall-clock', subject: 'footfall.clock.v1', maxMessages: 256 } as const;

export const buckets = {
  /** Desired state, `<camera>` -> CameraConfig. Written by the projector only. */
  cameras: 'footfall-cameras',
  /** `<camera>` -> CameraState. Written by the worker that holds the camera. */
  cameraStates: 'footfall-camera-states',
  /** `<camera>` -> CountsMessage. Written by the projector only. */
  counts: 'footfall-counts',
  /** `<area>` -> AreaMessage. Written by the projector only. */
  areas: 'footfall-areas',
  /** `<camera>` -> PictureMemory. Written by the worker that holds the camera. */
  pictureMemories: 'footfall-picture-memories',
  /** `<camera>` -> LeaseRecord. */
  leases: 'footfall-leases',
  /** `<worker>` -> WorkerHeartbeat. */
  workers: 'footfall-workers',
  /** `<worker>` -> WorkerOrders; no key: none. Written by the projector only. */
  workerOrders: 'footfall-worker-orders',
  /** `<worker>.<leaseId>` -> Watermark. Written by the projector only; forgotten after a week without a fact (see bucketMaxAgeMs). */
  watermarks: 'footfall-watermarks',
  /** `<camera>` -> EpochFloor. Written by the projector only. */
  epochFloors: 'footfall-epoch-floors',
} as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Keys not written for this long disappear; a bucket not named here keeps them for ever. */
export const bucketMaxAgeMs: Readonly<Record<string, number>> = {
  [buckets.workers]: HOUR_MS,
  [buckets.watermarks]: 7 * DAY_MS,
  [buckets.pictureMemories]: 90 * DAY_MS,
};
