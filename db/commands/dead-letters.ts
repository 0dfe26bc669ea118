import { randomBytes } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { parse } from '#protocol/codec.ts';
import { parseReplayId, replayMessageId, type DeadLetterReason } from '#protocol/dead-letters.ts';
import { AppError } from '#protocol/errors.ts';
import { markerSchema } from '#protocol/truth.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import type { Database } from '../database.ts';
import { DeadLetterEntity, type DeadLetterRow } from '../entities/dead-letter.entity.ts';

/** PostgreSQL's NOTIFY: there are letters to copy to the stream. */
export const DEAD_LETTERS_CHANNEL = 'footfall_dead_letters';

/** What may stand in the header of a message. */
const PRINTABLE = /^[\x21-\x7e]{1,200}$/;

/**
 * Publishes the original bytes to the original subject once more, under an id the stream has not seen; the fact's own id stays,
 * so that it counts once however often it is replayed. The letter stays replayed, and can be replayed again: brokers forget.
 * Returns the replay's name. Rejects with dead-letter.not-found, dead-letter.conflict, bus.unavailable (then nothing
 * changed) and input.invalid.
 */
export async function replayLetter(
  database: Database,
  bus: Pick<Bus, 'publishFact'>,
  id: string,
  by: string,
  nowMs: number,
): Promise<string> {
  const decidedBy = parse(markerSchema, by);
  const replay = randomBytes(8).toString('hex');
  await database.write(async (em) => {
    const letter = await locked(em, id);
    if (letter.fate === 'discarded') throw refusal(`letter ${id} was discarded`);
    if (!letter.isWhole) throw refusal(`only the head of letter ${id} was kept: there is nothing to replay`);
    const messageId = letter.messageId ?? null;
    const original = parseReplayId(messageId)?.original ?? messageId;
    const under = replayMessageId(
      { letter: id, replay },
      original !== null && PRINTABLE.test(original) ? original : null,
    );
    Object.assign(letter, { fate: 'replayed', decidedBy, decidedAt: new Date(nowMs), replay, replayOutcome: null });
    await em.flush();
    // Before the commit: the projector's word on the outcome waits for it, and a refused publish leaves the letter as it was.
    await bus.publishFact(letter.subject, under, new Uint8Array(letter.body ?? []));
  });
  return replay;
}

/** Nothing will be done about it. Rejects with dead-letter.not-found, dead-letter.conflict (it was replayed), input.invalid. */
export async function discardLetter(database: Database, id: string, by: string, nowMs: number): Promise<void> {
  const decidedBy = parse(markerSchema, by);
  await database.write(async (em) => {
    const letter = await locked(em, id);
    if (letter.fate === 'discarded') return;
    if (letter.fate === 'replayed') throw refusal(`letter ${id} was replayed`);
    Object.assign(letter, { fate: 'discarded', decidedBy, decidedAt: new Date(nowMs) });
    await em.flush();
  });
}

/** All that wait, or those of one reason; returns their ids. Rejects with input.invalid. */
export async function discardLetters(
  database: Database,
  reason: DeadLetterReason | null,
  by: string,
  nowMs: number,
): Promise<string[]> {
  const decidedBy = parse(markerSchema, by);
  const rows = await database.write((em) =>
    em.execute<{ id: string }[]>(
      `update dead_letters set fate = 'discarded', decided_by = ?, decided_at = ?
       where fate = 'waiting' and reason = coalesce(?, reason) returning id`,
      [decidedBy, new Date(nowMs), reason],
    ),
  );
  return rows.map(({ id }) => id);
}

/** Until the transaction ends, so that two decisions become one after the other. */
async function locked(em: EntityManager, id: string): Promise<DeadLetterRow> {
  await em.execute('select 1 from dead_letters where id = ? for update', [id]);
  const letter = await em.findOne(DeadLetterEntity, { id }, { refresh: true, populate: ['body'] });
  if (letter === null) throw new AppError('dead-letter.not-found', `there is no dead letter ${id}`);
  return letter;
}

function refusal(message: string): AppError {
  return new AppError('dead-letter.conflict', message);
}
