import type { EntityManager } from '@mikro-orm/postgresql';
import type { PictureHealthChanged } from '#protocol/picture-health.ts';

/** History, not counts: it is kept whoever held the camera. */
export async function storePictureHealth(em: EntityManager, facts: readonly PictureHealthChanged[]): Promise<void> {
  if (facts.length === 0) return;
  await em.execute(
    `insert into picture_events (fact_id, camera, problem, is_present, since_at, happened_at, run, camera_revision, worker,
       lease_id)
     select id, camera, problem, "isPresent", to_timestamp("sinceMs" / 1000), to_timestamp("happenedAtMs" / 1000), run,
       "cameraRevision", worker, "leaseId"
     from jsonb_to_recordset(?::jsonb) as f(id text, camera text, problem text, "isPresent" boolean, "sinceMs" double precision,
       "happenedAtMs" double precision, run bigint, "cameraRevision" bigint, worker text, "leaseId" text)
     on conflict do nothing`,
    [JSON.stringify(facts)],
  );
}
