import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { encode } from '#protocol/codec.ts';
import {
  KEPT_HEAD_BYTES,
  MAX_FACT_BYTES,
  parseReplayId,
  type DeadLetter,
  type ReplayOutcome,
} from '#protocol/dead-letters.ts';
import { parseFactSubject, subjects } from '#protocol/subjects.ts';
import type { KeptMessage } from '#ops/runtime/bus.port.ts';
import { DEAD_LETTERS_CHANNEL } from '../commands/dead-letters.ts';
import { storable, type ReadMessage } from './fact-message.ts';
import type { BatchOutcome, RefusedFact } from './store-batch.ts';

/** A message and what it was taken for. */
export interface Delivered {
  readonly message: KeptMessage;
  readonly as: ReadMessage;
}

type Why = Pick<DeadLetter, 'reason' | 'detail'>;

/** Makes a letter of everything the batch refused, and writes what became of replays, in the transaction that stored the rest. */
export async function storeLetters(
  em: EntityManager,
  batch: readonly Delivered[],
  { refused, held }: Pick<BatchOutcome, 'refused' | 'held'>,
  nowMs: number,
): Promise<void> {
  const facts = new Map(refused.map((one) => [one.fact.id, one]));
  const judged = batch.map(({ message, as }) => ({
    message,
    why: as.kind === 'invalid' ? as : facts.get(as.fact.id),
    isHeld: as.kind !== 'invalid' && held.has(as.fact.id),
  }));
  for (const { as } of batch) if (as.kind !== 'invalid') facts.delete(as.fact.id);
  await insert(em, [
    ...judged.flatMap(({ message, why }) => (why === undefined ? [] : [letterOf(message, why, nowMs)])),
    // They were held since an earlier batch, as facts.
    ...[...facts.values()].map((one) => letterOf(messageOf(one), one, nowMs)),
  ]);
  await tellReplays(
    em,
    judged.flatMap(({ message, why, isHeld }) => {
      const outcome: ReplayOutcome = why !== undefined ? 'refused' : isHeld ? 'held' : 'stored';
      const replay = parseReplayId(message.messageId);
      return replay === null ? [] : [{ letter: replay.letter, replay: replay.replay, outcome }];
    }),
  );
}

function letterOf({ subject, messageId, data }: KeptMessage, { reason, detail }: Why, nowMs: number): DeadLetter {
  const digest = createHash('sha256')
    .update(subject)
    .update('\n')
    .update(messageId ?? '')
    .update('\n')
    .update(data);
  const isWhole = data.length <= MAX_FACT_BYTES;
  return {
    id: digest.digest('hex').slice(0, 24),
    reason,
    detail,
    rejectedAtMs: nowMs,
    camera: parseFactSubject(subject)?.camera ?? null,
    subject: storable(subject),
    messageId: messageId === null ? null : storable(messageId.slice(0, 500)),
    sizeBytes: data.length,
    body: Buffer.from(isWhole ? data : data.subarray(0, KEPT_HEAD_BYTES)).toString('base64'),
    isWhole,
    replayOf: parseReplayId(messageId)?.letter ?? null,
  };
}

function messageOf({ fact }: RefusedFact): KeptMessage {
  return { subject: subjects.fact(fact.type, fact.camera), messageId: fact.id, data: encode(fact) };
}

async function insert(em: EntityManager, letters: readonly DeadLetter[]): Promise<void> {
  if (letters.length === 0) return;
  await em.execute(
    `insert into dead_letters (id, reason, detail, rejected_at, camera, subject, message_id, size_bytes, body, is_whole, replay_of)
     select id, reason, detail, to_timestamp("rejectedAtMs" / 1000), camera, subject, "messageId", "sizeBytes",
       decode(body, 'base64'), "isWhole", "replayOf"
     from jsonb_to_recordset(?::jsonb) as f(id text, reason text, detail text, "rejectedAtMs" double precision, camera text,
       subject text, "messageId" text, "sizeBytes" integer, body text, "isWhole" boolean, "replayOf" text)
     on conflict do nothing`,
    [JSON.stringify(letters.toSorted((a, b) => (a.id < b.id ? -1 : 1)))],
  );
  await em.execute(`notify ${DEAD_LETTERS_CHANNEL}`);
}

async function tellReplays(
  em: EntityManager,
  replays: readonly { letter: string; replay: string; outcome: ReplayOutcome }[],
): Promise<void> {
  if (replays.length === 0) return;
  // Whoever replays commits after publishing: wait for that, or the letter would not be known by its new replay yet.
  await em.execute(
    'select 1 from dead_letters where id in (select jsonb_array_elements_text(?::jsonb)) order by id for update',
    [JSON.stringify(replays.map(({ letter }) => letter))],
  );
  await em.execute(
    `update dead_letters d set replay_outcome = f.outcome
     from jsonb_to_recordset(?::jsonb) as f(letter text, replay text, outcome text)
     where d.id = f.letter and d.replay = f.replay`,
    [JSON.stringify(replays)],
  );
}
