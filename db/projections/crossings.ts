import type { EntityManager } from '@mikro-orm/postgresql';
import type { LineCrossed } from '#protocol/facts.ts';
import type { Direction } from '#protocol/geometry.ts';
import type { Step } from './occupancy.ts';

/**
 * The rule of who counts, as SQL: the owner of a camera at a time is the lease with the greatest (epoch, lease id) among
 * those that count from that time or before.
 */
const owner = (camera: string, at: string): string => `(
  select o.lease_id from leases o where o.camera = ${camera} and o.counts_from <= ${at}
  order by o.epoch desc, o.lease_id collate "C" desc limit 1
)`;

/** A fact's JSON as columns; `"crossedAtMs"` becomes microseconds, the finest that PostgreSQL keeps. */
const FACT_COLUMNS = `f("id" text, "camera" text, "worker" text, "leaseId" text, "epoch" bigint, "n" bigint, "run" bigint,
  "track" bigint, "line" text, "direction" text, "crossedAtMs" double precision, "confidence" double precision,
  "detections" bigint, "boxHeightFrac" double precision, "path" jsonb, "processingMs" double precision, "model" text,
  "cameraRevision" bigint, "clockUncertaintyMs" double precision, "why" jsonb)`;
const CROSSED_AT = 'to_timestamp(f."crossedAtMs" / 1000)';

export type Verdict = 'accept' | 'fence' | 'hold' | 'mismatch';

/** Each fact's fate by what is known now. Its lease's row exists. */
export async function judge(em: EntityManager, facts: readonly LineCrossed[]): Promise<Map<string, Verdict>> {
  if (facts.length === 0) return new Map();
  const rows = await em.execute<{ id: string; verdict: Verdict }[]>(
    `select f."id" as id, case
       when l.camera <> f."camera" then 'mismatch'
       when l.counts_from is null then 'hold'
       when ${owner('f."camera"', CROSSED_AT)} = f."leaseId" then 'accept'
       else 'fence' end as verdict
     from jsonb_to_recordset(?::jsonb) as ${FACT_COLUMNS} join leases l on l.lease_id = f."leaseId"`,
    [JSON.stringify(facts)],
  );
  return new Map(rows.map(({ id, verdict }) => [id, verdict]));
}

export interface StoredStep extends Step {
  readonly camera: string;
}

/** Stores accepted facts; returns those that were not there yet. */
export async function storeCrossings(em: EntityManager, facts: readonly LineCrossed[]): Promise<StoredStep[]> {
  if (facts.length === 0) return [];
  const rows = await em.execute<{ camera: string; fact_id: string; line: string; direction: Direction; at: number }[]>(
    `insert into counting_results (crossed_at, fact_id, camera, line, direction, worker, lease_id, epoch, n, run, track,
       confidence, detections, box_height_frac, path, processing_ms, model, camera_revision, clock_uncertainty_ms, why)
     select ${CROSSED_AT}, "id", "camera", "line", "direction", "worker", "leaseId", "epoch", "n", "run", "track",
       "confidence", "detections", "boxHeightFrac", "path", "processingMs", "model", "cameraRevision", "clockUncertaintyMs", "why"
     from jsonb_to_recordset(?::jsonb) as ${FACT_COLUMNS}
     on conflict do nothing
     returning camera, fact_id, line, direction, (extract(epoch from crossed_at) * 1000)::double precision as at`,
    [JSON.stringify(facts)],
  );
  return rows.map(({ camera, fact_id: factId, line, direction, at }) => ({
    camera,
    factId,
    line,
    direction,
    atMs: at,
  }));
}

export async function holdCrossings(em: EntityManager, facts: readonly LineCrossed[]): Promise<void> {
  if (facts.length === 0) return;
  await em.execute(
    `insert into held_facts (fact_id, camera, lease_id, crossed_at, fact)
     select value ->> 'id', value ->> 'camera', value ->> 'leaseId',
       to_timestamp((value ->> 'crossedAtMs')::double precision / 1000), value
     from jsonb_array_elements(?::jsonb) on conflict do nothing`,
    [JSON.stringify(facts)],
  );
}

/** Takes out the facts that waited for these leases. */
export async function unholdCrossings(em: EntityManager, leaseIds: readonly string[]): Promise<LineCrossed[]> {
  const rows = await em.execute<{ fact: LineCrossed }[]>(
    'delete from held_facts where lease_id in (select jsonb_array_elements_text(?::jsonb)) returning fact',
    [JSON.stringify(leaseIds)],
  );
  return rows.map(({ fact }) => fact);
}

/** Moves what a newly known lease owns instead out of the counts; returns what went. */
export async function voidDisowned(em: EntityManager, leaseIds: readonly string[]): Promise<StoredStep[]> {
  return em.execute<StoredStep[]>(
    `with fresh as (
       select camera, min(counts_from) as since from leases
       where lease_id in (select jsonb_array_elements_text(?::jsonb)) group by camera
     ), gone as (
       delete from counting_results r using fresh
       where r.camera = fresh.camera and r.crossed_at >= fresh.since
         and r.lease_id <> ${owner('r.camera', 'r.crossed_at')}
       returning r.*
     ), kept as (
       insert into rejected_messages (key, reason, camera, lease_id, subject, detail, payload)
       select fact_id, 'voided', camera, lease_id, '', 'a lease that became known later owns this time', to_jsonb(gone)::text
       from gone on conflict (key) do update set reason = excluded.reason, detail = excluded.detail
     )
     select camera, fact_id as "factId", line, direction, (extract(epoch from crossed_at) * 1000)::double precision as "atMs"
     from gone`,
    [JSON.stringify(leaseIds)],
  );
}
