import { setTimeout as sleep } from 'node:timers/promises';
import type {
  DeadLetterFate,
  DeadLetterReason,
  DeadLetterView,
  ReplayResult,
  WaitingLetters,
} from '#protocol/dead-letters.ts';
import { AppError } from '#protocol/errors.ts';
import type { Database } from '../database.ts';
import { viewOf } from '../dead-letter-view.ts';
import { DeadLetterEntity } from '../entities/dead-letter.entity.ts';

const LOOK_EVERY_MS = 100;

export interface LetterFilter {
  /** null: of all reasons. */
  readonly reason: DeadLetterReason | null;
  /** null: whatever was decided. */
  readonly fate: DeadLetterFate | null;
}

/** Newest first. `before`: only those listed after this letter. Rejects with dead-letter.not-found for a `before` that is gone. */
export async function listLetters(
  database: Database,
  { reason, fate }: LetterFilter,
  limit: number,
  before: string | null = null,
): Promise<DeadLetterView[]> {
  const rows = await database.read(async (em) => {
    const last = before === null ? null : await em.findOne(DeadLetterEntity, { id: before });
    if (before !== null && last === null) throw missing(before);
    const older =
      last === null
        ? {}
        : { $or: [{ rejectedAt: { $lt: last.rejectedAt } }, { rejectedAt: last.rejectedAt, id: { $lt: last.id } }] };
    return em.find(
      DeadLetterEntity,
      { ...older, ...(reason !== null && { reason }), ...(fate !== null && { fate }) },
      { orderBy: { rejectedAt: 'desc', id: 'desc' }, limit },
    );
  });
  return rows.map(viewOf);
}

/** With the bytes that were kept of its body. Rejects with dead-letter.not-found. */
export async function letterById(
  database: Database,
  id: string,
): Promise<{ readonly letter: DeadLetterView; readonly body: Uint8Array }> {
  const row = await database.read((em) => em.findOne(DeadLetterEntity, { id }, { populate: ['body'] }));
  if (row === null) throw missing(id);
  return { letter: viewOf(row), body: new Uint8Array(row.body ?? []) };
}

/** How many letters nobody has decided about yet, by reason, most first. */
export function waitingLetters(database: Database): Promise<WaitingLetters[]> {
  return database.read((em) =>
    em.execute<WaitingLetters[]>(
      `select reason, count(*)::integer as letters from dead_letters where fate = 'waiting'
       group by reason order by letters desc, reason`,
    ),
  );
}

/** Waits for the projector's word on the replay of that name; `on-its-way` when it has not come within the limit. */
export async function replayResult(
  database: Database,
  id: string,
  replay: string,
  limitMs: number,
): Promise<ReplayResult> {
  for (const endsAt = performance.now() + limitMs; performance.now() < endsAt; await sleep(LOOK_EVERY_MS)) {
    const row = await database.read((em) => em.findOne(DeadLetterEntity, { id, replay }));
    if (row === null) return { outcome: 'on-its-way' }; // Replayed again meanwhile.
    const outcome = row.replayOutcome ?? null;
    if (outcome === null) continue;
    if (outcome !== 'refused') return { outcome };
    const mark = `replay.${id}.${replay}.%`;
    const again = await database.read((em) =>
      em.findOne(DeadLetterEntity, { replayOf: id, messageId: { $like: mark } }),
    );
    return again === null ? { outcome: 'on-its-way' } : { outcome, letter: viewOf(again) };
  }
  return { outcome: 'on-its-way' };
}

function missing(id: string): AppError {
  return new AppError('dead-letter.not-found', `there is no dead letter ${id}`);
}
