import type { EntityManager } from '@mikro-orm/postgresql';
import type { CameraStateChanged, CountedFact, Fact, LeaseStarted } from '#protocol/facts.ts';
import type { Watermark } from '#protocol/leases.ts';
import type { CountsMessage } from '#protocol/live.ts';
import type { AreaMessage } from '#protocol/sites.ts';
import { subjects } from '#protocol/subjects.ts';
import type { RejectionReason } from '../entities/fact.entity.ts';
import { foldCrossings } from './areas.ts';
import type { CountsProjection } from './counts.ts';
import { stepsOf, stepsVoided } from './crossings.ts';
import type { InvalidMessage, ReadMessage } from './fact-message.ts';
import { storeNearMisses } from './near-misses.ts';
import { holdFacts, judge, storeFacts, unholdFacts, voidDisowned } from './owned-facts.ts';
import { storePictureHealth } from './picture-health.ts';
import { moveWatermarks, type SettledFact } from './watermark.ts';

export interface BatchOutcome {
  /** Of every lease the batch spoke of, to be published. */
  readonly watermarks: readonly Watermark[];
  readonly counts: readonly CountsMessage[];
  readonly areas: readonly AreaMessage[];
  /** A camera's greatest epoch may have grown. */
  readonly leasesChanged: boolean;
  /** Facts that made sense and were not taken all the same, of this batch or held since an earlier one. */
  readonly refused: readonly RefusedFact[];
  /** Ids of facts that wait for their lease to start. */
  readonly held: ReadonlySet<string>;
}

export interface RefusedFact {
  readonly fact: CountedFact;
  readonly reason: 'fenced' | 'mismatch';
  readonly detail: string;
}

const NOT_ITS_TIME = 'its lease does not own the time at which it happened';
const NOT_ITS_EPOCH = 'it claims another epoch than its lease started with';
const NOT_ITS_CAMERA = 'its lease belongs to another camera';

interface Rejection {
  readonly key: string;
  readonly reason: RejectionReason;
  readonly camera: string | null;
  readonly leaseId: string | null;
  readonly subject: string;
  readonly detail: string;
  readonly payload: string;
}

/**
 * Stores a batch of facts in the running transaction: each accepted, held or rejected by the rule of who owns its time, and
 * the watermarks moved. Idempotent by fact id alone.
 */
export async function storeBatch(
  em: EntityManager,
  messages: readonly ReadMessage[],
  counts: CountsProjection,
): Promise<BatchOutcome> {
  const starts = distinct(messages.flatMap((message) => (message.kind === 'lease' ? [message.fact] : [])));
  const counted = distinct(messages.flatMap((message) => (message.kind === 'counted' ? [message.fact] : [])));
  const states = distinct(messages.flatMap((message) => (message.kind === 'state' ? [message.fact] : [])));
  const pictures = distinct(messages.flatMap((message) => (message.kind === 'picture' ? [message.fact] : [])));
  const nearMisses = distinct(messages.flatMap((message) => (message.kind === 'near-miss' ? [message.fact] : [])));
  const invalid = messages.filter((message) => message.kind === 'invalid');

  const leaseIds = await knowLeases(em, [...starts, ...counted, ...states, ...pictures, ...nearMisses], invalid);
  const started = await startLeases(em, starts);
  const freed = started.length === 0 ? [] : await unholdFacts(em, started);
  const voided = started.length === 0 ? [] : stepsVoided(await voidDisowned(em, started));

  const judged = distinct([...freed, ...counted]);
  const verdicts = await judge(em, judged);
  const of = (verdict: string): CountedFact[] => judged.filter(({ id }) => verdicts.get(id) === verdict);
  const steps = stepsOf(await storeFacts(em, of('accept')));
  await holdFacts(em, of('hold'));
  await storeStates(em, states);
  await storePictureHealth(em, pictures);
  await storeNearMisses(em, nearMisses);
  const refused: RefusedFact[] = [
    ...of('fence').map((fact) => ({ fact, reason: 'fenced' as const, detail: NOT_ITS_TIME })),
    ...of('forged').map((fact) => ({ fact, reason: 'fenced' as const, detail: NOT_ITS_EPOCH })),
    ...of('mismatch').map((fact) => ({ fact, reason: 'mismatch' as const, detail: NOT_ITS_CAMERA })),
  ];
  await reject(em, [
    ...refused.map(rejectionOf),
    ...invalid.map(({ key, camera, settles, subject, detail, payload }) => {
      return { key, reason: 'invalid' as const, camera, leaseId: settles?.leaseId ?? null, subject, detail, payload };
    }),
  ]);

  const held = new Set(of('hold').map(({ id }) => id));
  const settled: SettledFact[] = [
    ...judged.filter(({ id }) => !held.has(id)),
    ...states,
    ...pictures,
    ...nearMisses,
    ...invalid.flatMap(({ settles }) => (settles === null ? [] : [settles])),
  ];
  return {
    watermarks: await moveWatermarks(em, leaseIds, settled),
    counts: await counts.apply(em, steps, voided),
    areas: await foldCrossings(em, [...steps, ...voided]),
    leasesChanged: started.length > 0,
    refused,
    held,
  };
}

/** The same fact twice in a batch counts once. */
function distinct<F extends Fact>(facts: readonly F[]): F[] {
  return [...new Map(facts.map((fact) => [fact.id, fact])).values()];
}

/** Makes rows for leases not heard of before; they count from no time yet. Returns all ids the batch speaks of. */
async function knowLeases(
  em: EntityManager,
  facts: readonly Fact[],
  invalid: readonly InvalidMessage[],
): Promise<string[]> {
  const named = new Map<string, { camera: string; worker: string; epoch: number }>();
  for (const { settles } of invalid) {
    if (settles !== null) named.set(settles.leaseId, { camera: settles.camera, worker: '', epoch: 0 });
  }
  for (const { leaseId, camera, worker, epoch } of facts) named.set(leaseId, { camera, worker, epoch });
  const rows = [...named]
    .map(([leaseId, lease]) => ({ leaseId, ...lease }))
    .sort((a, b) => (a.leaseId < b.leaseId ? -1 : 1));
  if (rows.length > 0) {
    await em.execute(
      `insert into leases (lease_id, camera, worker, epoch)
       select "leaseId", camera, worker, epoch
       from jsonb_to_recordset(?::jsonb) as f("leaseId" text, camera text, worker text, epoch bigint)
       on conflict do nothing`,
      [JSON.stringify(rows)],
    );
  }
  return rows.map(({ leaseId }) => leaseId);
}

/** Returns the leases that had not started before. The first LeaseStarted of a lease stands. */
async function startLeases(em: EntityManager, starts: readonly LeaseStarted[]): Promise<string[]> {
  if (starts.length === 0) return [];
  const rows = await em.execute<{ lease_id: string }[]>(
    `update leases l set counts_from = to_timestamp(f."countsFromMs" / 1000), epoch = f.epoch, worker = f.worker
     from jsonb_to_recordset(?::jsonb) as f("leaseId" text, camera text, worker text, epoch bigint, "countsFromMs" double precision)
     where l.lease_id = f."leaseId" and l.camera = f.camera and l.counts_from is null
     returning l.lease_id`,
    [JSON.stringify(starts)],
  );
  return rows.map((row) => row.lease_id);
}

/** History, not counts: it is kept whoever held the camera. */
async function storeStates(em: EntityManager, states: readonly CameraStateChanged[]): Promise<void> {
  if (states.length === 0) return;
  await em.execute(
    `insert into camera_events (fact_id, camera, happened_at, state, reason, code, run, worker, lease_id)
     select id, camera, to_timestamp("happenedAtMs" / 1000), state, reason, code, run, worker, "leaseId"
     from jsonb_to_recordset(?::jsonb) as f(id text, camera text, "happenedAtMs" double precision, state text, reason text,
       code text, run bigint, worker text, "leaseId" text)
     on conflict do nothing`,
    [JSON.stringify(states)],
  );
}

function rejectionOf({ fact, reason, detail }: RefusedFact): Rejection {
  const { id: key, camera, leaseId, type } = fact;
  const subject = subjects.fact(type, camera);
  const kept = reason === 'fenced' ? reason : 'invalid';
  return { key, reason: kept, camera, leaseId, subject, detail, payload: JSON.stringify(fact) };
}

async function reject(em: EntityManager, rejections: readonly Rejection[]): Promise<void> {
  if (rejections.length === 0) return;
  await em.execute(
    `insert into rejected_messages (key, reason, camera, lease_id, subject, detail, payload)
     select key, reason, camera, "leaseId", subject, detail, payload
     from jsonb_to_recordset(?::jsonb) as f(key text, reason text, camera text, "leaseId" text, subject text, detail text,
       payload text)
     on conflict do nothing`,
    [JSON.stringify(rejections)],
  );
}
