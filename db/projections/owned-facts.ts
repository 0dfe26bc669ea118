import type { EntityManager } from '@mikro-orm/postgresql';
import { instantOf, type CountedFact } from '#protocol/facts.ts';
import { FACT_TABLES } from './fact-tables.ts';

/**
 * The rule of who counts, as SQL: the owner of a camera at a time is the lease with the greatest (epoch, lease id) among
 * those that count from that time or before.
 */
const owner = (camera: string, at: string): string => `(
  select o.lease_id from leases o where o.camera = ${camera} and o.counts_from <= ${at}
  order by o.epoch desc, o.lease_id collate "C" desc limit 1
)`;

/** `forged`: of the lease it names, with an epoch that is not the lease's. */
export type Verdict = 'accept' | 'fence' | 'forged' | 'hold' | 'mismatch';

/** Each fact's fate by what is known now. Its lease's row exists. */
export async function judge(em: EntityManager, facts: readonly CountedFact[]): Promise<Map<string, Verdict>> {
  if (facts.length === 0) return new Map();
  const claims = facts.map((fact) => {
    const { id, camera, epoch, leaseId: lease } = fact;
    return { id, camera, epoch, lease, at: instantOf(fact) };
  });
  const rows = await em.execute<{ id: string; verdict: Verdict }[]>(
    `select f.id, case
       when l.camera <> f.camera then 'mismatch'
       when l.counts_from is null then 'hold'
       when l.epoch <> f.epoch then 'forged'
       when ${owner('f.camera', 'to_timestamp(f.at / 1000)')} = f.lease then 'accept'
       else 'fence' end as verdict
     from jsonb_to_recordset(?::jsonb) as f(id text, camera text, epoch bigint, lease text, at double precision)
     join leases l on l.lease_id = f.lease`,
    [JSON.stringify(claims)],
  );
  return new Map(rows.map(({ id, verdict }) => [id, verdict]));
}

/** Stores accepted facts, each type in its table; returns those that were not there yet, with their instant as it is kept. */
export async function storeFacts<F extends CountedFact>(
  em: EntityManager,
  facts: readonly F[],
): Promise<{ fact: F; atMs: number }[]> {
  const stored: { fact: F; atMs: number }[] = [];
  for (const { type, insertSql } of FACT_TABLES) {
    const ofType = new Map(facts.filter((fact) => fact.type === type).map((fact) => [fact.id, fact]));
    if (ofType.size === 0) continue;
    const rows = await em.execute<{ factId: string; atMs: number }[]>(insertSql, [
      JSON.stringify([...ofType.values()]),
    ]);
    for (const { factId, atMs } of rows) {
      const fact = ofType.get(factId);
      if (fact !== undefined) stored.push({ fact, atMs });
    }
  }
  return stored;
}

/** Keeps facts whose lease has not started yet. */
export async function holdFacts(em: EntityManager, facts: readonly CountedFact[]): Promise<void> {
  if (facts.length === 0) return;
  await em.execute(
    `insert into held_facts (fact_id, camera, lease_id, happened_at, fact)
     select fact ->> 'id', fact ->> 'camera', fact ->> 'leaseId', to_timestamp(at / 1000), fact
     from jsonb_to_recordset(?::jsonb) as f(at double precision, fact jsonb) on conflict do nothing`,
    [JSON.stringify(facts.map((fact) => ({ at: instantOf(fact), fact })))],
  );
}

/** Takes out the facts that waited for these leases. */
export async function unholdFacts(em: EntityManager, leaseIds: readonly string[]): Promise<CountedFact[]> {
  const rows = await em.execute<{ fact: CountedFact }[]>(
    'delete from held_facts where lease_id in (select jsonb_array_elements_text(?::jsonb)) returning fact',
    [JSON.stringify(leaseIds)],
  );
  return rows.map(({ fact }) => fact);
}

export interface VoidedFact {
  readonly type: CountedFact['type'];
  readonly atMs: number;
  /** As it lay in its table. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** Moves what a newly known lease owns instead to the rejected messages; returns what went. */
export async function voidDisowned(em: EntityManager, leaseIds: readonly string[]): Promise<VoidedFact[]> {
  const voided: VoidedFact[] = [];
  for (const { type, table, at } of FACT_TABLES) {
    const rows = await em.execute<Omit<VoidedFact, 'type'>[]>(
      `with fresh as (
         select camera, min(counts_from) as since from leases
         where lease_id in (select jsonb_array_elements_text(?::jsonb)) group by camera
       ), gone as (
         delete from ${table} r using fresh
         where r.camera = fresh.camera and r.${at} >= fresh.since and r.lease_id <> ${owner('r.camera', `r.${at}`)}
         returning r.*
       ), kept as (
         insert into rejected_messages (key, reason, camera, lease_id, subject, detail, payload)
         select fact_id, 'voided', camera, lease_id, '', 'a lease that became known later owns this time', to_jsonb(gone)::text
         from gone on conflict (key) do update set reason = excluded.reason, detail = excluded.detail
       )
       select (extract(epoch from ${at}) * 1000)::double precision as "atMs", to_jsonb(gone) as row from gone`,
      [JSON.stringify(leaseIds)],
    );
    voided.push(...rows.map((row) => ({ type, ...row })));
  }
  return voided;
}
