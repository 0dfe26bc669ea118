import type { EntityManager } from '@mikro-orm/postgresql';
import type { CrossingDismissed } from '#protocol/facts.ts';

/** Why somebody was not counted explains counts and changes none: it is kept whoever held the camera. */
export async function storeNearMisses(em: EntityManager, facts: readonly CrossingDismissed[]): Promise<void> {
  if (facts.length === 0) return;
  await em.execute(
    `insert into near_misses (fact_id, camera, line, happened_at, reason, run, track, age_ms, confidence, detections,
       box_height_frac, path, model, camera_revision, worker, lease_id)
     select id, camera, line, to_timestamp("happenedAtMs" / 1000), reason, run, track, "ageMs", confidence, detections,
       "boxHeightFrac", path, model, "cameraRevision", worker, "leaseId"
     from jsonb_to_recordset(?::jsonb) as f(id text, camera text, line text, "happenedAtMs" double precision, reason text,
       run bigint, track bigint, "ageMs" double precision, confidence double precision, detections bigint,
       "boxHeightFrac" double precision, path jsonb, model text, "cameraRevision" bigint, worker text, "leaseId" text)
     on conflict do nothing`,
    [JSON.stringify(facts)],
  );
}
