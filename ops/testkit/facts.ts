import { randomBytes } from 'node:crypto';
import type { Fact, LeaseStarted, LineCrossed } from '#protocol/facts.ts';
import type { Direction } from '#protocol/geometry.ts';
import { factId } from '#protocol/ids.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';

export interface TestLease {
  readonly camera: string;
  readonly worker: string;
  readonly leaseId: string;
  readonly epoch: number;
}

export function newLease(camera: string, epoch = 1, leaseId = randomBytes(12).toString('hex')): TestLease {
  return { camera, worker: 'w-1', leaseId, epoch };
}

export function leaseStarted(lease: TestLease, countsFromMs: number): LeaseStarted {
  return { type: 'LeaseStarted', ...lease, id: factId(lease.camera, lease.leaseId, 0), n: 0, countsFromMs };
}

export function lineCrossed(
  lease: TestLease,
  n: number,
  crossedAtMs: number,
  direction: Direction = 'in',
): LineCrossed {
  return {
    type: 'LineCrossed',
    ...lease,
    id: factId(lease.camera, lease.leaseId, n),
    n,
    run: 1,
    track: n,
    line: 'door',
    direction,
    crossedAtMs,
    confidence: 0.9,
    detections: 10,
    boxHeightFrac: 0.3,
    path: [
      [0.5, 0.4],
      [0.5, 0.6],
    ],
    processingMs: 40,
    model: 'test',
    cameraRevision: 1,
  };
}

/** Straight into the stream, past any outbox. */
export async function publish(bus: Bus, fact: Fact, messageId = fact.id): Promise<void> {
  await bus.publishFact(subjects.fact(fact.type, fact.camera), messageId, fact);
}
