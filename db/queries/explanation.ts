import type { Explanation } from '#protocol/explanation.ts';
import { AppError } from '#protocol/errors.ts';
import { leaseIdSchema } from '#protocol/ids.ts';
import { parse } from '#protocol/codec.ts';
import type { Database } from '../database.ts';
import {
  CountingResultEntity,
  LeaseEntity,
  NearMissEntity,
  RejectedMessageEntity,
  type CountingResultRow,
  type NearMissRow,
} from '../entities/fact.entity.ts';

/** What became of the fact with this id; null: nothing is known of it. Throws input.invalid for what is no fact id. */
export async function explanationOf(database: Database, factId: string): Promise<Explanation | null> {
  const [camera = '', leaseId = '', n = '', ...rest] = factId.split('.');
  if (camera === '' || rest.length > 0 || !/^\d+$/.test(n)) throw notAFactId(factId);
  try {
    parse(leaseIdSchema, leaseId, 'input.invalid');
  } catch {
    throw notAFactId(factId);
  }
  return database.read(async (em) => {
    // A fact's time is not in its id, but no lease counts before it starts: that leaves few of the daily partitions.
    const lease = await em.findOne(LeaseEntity, { leaseId });
    const from = lease?.countsFrom ?? null;
    const counted = await em.findOne(CountingResultEntity, {
      factId,
      ...(from === null ? {} : { crossedAt: { $gte: from } }),
    });
    if (counted !== null) return ofCounted(counted);
    const nearMiss = await em.findOne(NearMissEntity, { factId });
    if (nearMiss !== null) return ofNearMiss(nearMiss);
    const rejected = await em.findOne(RejectedMessageEntity, { key: factId });
    if (rejected !== null) {
      const { reason, detail, rejectedAt } = rejected;
      return { verdict: 'rejected', factId, reason, detail, rejectedAtMs: rejectedAt.getTime() };
    }
    const held = await em.execute('select 1 from held_facts where fact_id = ?', [factId]);
    return held.length > 0 ? { verdict: 'held', factId } : null;
  });
}

function notAFactId(text: string): AppError {
  return new AppError('input.invalid', `"${text}" is no fact id: it has the form CAMERA.LEASE.NUMBER`);
}

function decidedBy(row: CountingResultRow | NearMissRow) {
  const { factId, camera, worker, leaseId, run, track, line, model, cameraRevision } = row;
  const { confidence, detections, boxHeightFrac, path } = row;
  return {
    ...{ factId, camera, worker, leaseId, run, track, line, model, cameraRevision },
    ...{ confidence, detections, boxHeightFrac, path },
  };
}

function ofCounted(row: CountingResultRow): Explanation {
  const { direction, crossedAt, epoch, processingMs, clockUncertaintyMs, why } = row;
  return {
    verdict: 'counted',
    ...decidedBy(row),
    ...{ direction, crossedAtMs: crossedAt.getTime(), epoch, processingMs },
    ...{ clockUncertaintyMs: clockUncertaintyMs ?? null, why: why ?? null },
  };
}

function ofNearMiss(row: NearMissRow): Explanation {
  const { happenedAt, ageMs, reason } = row;
  return { verdict: 'not-counted', ...decidedBy(row), happenedAtMs: happenedAt.getTime(), ageMs, reason };
}
