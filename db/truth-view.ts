import type { EntityManager } from '@mikro-orm/postgresql';
import { AppError } from '#protocol/errors.ts';
import type { Truth, TruthEvent, TruthSummary } from '#protocol/truth.ts';
import { TruthClipEntity, TruthEventEntity, type TruthClipRow, type TruthEventRow } from './entities/truth.entity.ts';

/** A truth with the events it has now, or had in an earlier revision. Throws truth.not-found, input.invalid (no such revision). */
export async function loadTruth(em: EntityManager, id: string, revision: number | null): Promise<Truth> {
  const row = await em.findOne(TruthClipEntity, { id, deletedAt: null }, { refresh: true });
  if (row === null) throw new AppError('truth.not-found', `there is no truth ${id}`);
  const wanted = revision ?? row.revision;
  if (wanted < 1 || wanted > row.revision) {
    throw new AppError('input.invalid', `revision must be from 1 to ${String(row.revision)}`);
  }
  const events = await em.find(
    TruthEventEntity,
    { truth: id, markedIn: { $lte: wanted }, $or: [{ removedIn: null }, { removedIn: { $gt: wanted } }] },
    { orderBy: { happenedAt: 'asc', event: 'asc' }, refresh: true },
  );
  return { ...summaryOf(row), revision: wanted, events: events.map(eventOf) };
}

export function summaryOf(row: TruthClipRow): TruthSummary {
  const { id, camera, name, fromAt, untilAt, lines, revision, createdBy, createdAt } = row;
  return {
    ...{ id, camera, name, fromMs: fromAt.getTime(), untilMs: untilAt.getTime() },
    ...{ lines, revision, createdBy, createdAtMs: createdAt.getTime() },
  };
}

function eventOf({ event, line, direction, happenedAt, toleranceMs, markedBy, markedAt }: TruthEventRow): TruthEvent {
  return {
    ...{ event, line, direction, atMs: happenedAt.getTime(), toleranceMs },
    ...{ markedBy, markedAtMs: markedAt.getTime() },
  };
}
