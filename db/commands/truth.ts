import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import {
  markerSchema,
  markEventsSchema,
  newTruthSchema,
  type MarkEvents,
  type NewTruth,
  type Truth,
} from '#protocol/truth.ts';
import type { Database } from '../database.ts';
import { CameraEntity, LineEntity } from '../entities/camera.entity.ts';
import { TruthClipEntity, TruthEventEntity, type TruthClipRow } from '../entities/truth.entity.ts';
import { loadTruth } from '../truth-view.ts';

/** So many marks in force; comparing takes time that grows faster than their number. */
const MAX_EVENTS = 1_000;
/** So many ever made in one truth, those taken away too. */
const MAX_MARKS = 5_000;

/** An empty truth of a time that has passed. Throws input.invalid, camera.not-found. */
export async function createTruth(database: Database, input: NewTruth, nowMs: number): Promise<Truth> {
  const { camera, name, fromMs, untilMs, lines, by } = parse(newTruthSchema, input);
  if (untilMs > nowMs) throw new AppError('input.invalid', 'untilMs: must not lie in the future');
  return database.write(async (em) => {
    if ((await em.findOne(CameraEntity, { id: camera, deletedAt: null })) === null) {
      throw new AppError('camera.not-found', `there is no camera ${camera}`);
    }
    const known = new Set((await em.find(LineEntity, { camera })).map(({ id }) => id));
    const unknown = lines.find((line) => !known.has(line));
    if (unknown !== undefined) throw new AppError('input.invalid', `lines: camera ${camera} has no line "${unknown}"`);
    const id = randomUUID();
    em.create(TruthClipEntity, {
      ...{ id, camera, name, fromAt: new Date(fromMs), untilAt: new Date(untilMs), lines },
      ...{ revision: 1, createdBy: by, createdAt: new Date(nowMs), deletedBy: null, deletedAt: null },
    });
    await em.flush();
    return loadTruth(em, id, null);
  });
}

/** Adds marks as one revision. Throws truth.not-found, input.invalid, input.too-large. */
export async function markEvents(database: Database, id: string, input: MarkEvents, nowMs: number): Promise<Truth> {
  const { by, events } = parse(markEventsSchema, input);
  return database.write(async (em) => {
    const clip = await raised(em, id);
    events.forEach(({ line, atMs }, index) => {
      const at = `events.${String(index)}`;
      if (!clip.lines.includes(line)) throw new AppError('input.invalid', `${at}.line: "${line}" is not of this truth`);
      if (atMs < clip.fromAt.getTime() || atMs >= clip.untilAt.getTime()) {
        throw new AppError('input.invalid', `${at}.atMs: lies outside the truth's time`);
      }
    });
    const [last] = await em.execute<{ marks: number; ever: number }[]>(
      `select count(*) filter (where removed_in is null)::integer as marks, coalesce(max(event), 0) as ever
       from truth_events where truth = ?`,
      [id],
    );
    const { marks, ever } = last ?? { marks: 0, ever: 0 };
    if (marks + events.length > MAX_EVENTS || ever + events.length > MAX_MARKS) {
      throw new AppError('input.too-large', 'this truth is full: make another for the rest of its time');
    }
    events.forEach(({ line, direction, atMs, toleranceMs }, index) => {
      em.create(TruthEventEntity, {
        ...{ truth: id, event: ever + index + 1, line, direction, happenedAt: new Date(atMs), toleranceMs },
        ...{ markedIn: clip.revision, markedBy: by, markedAt: new Date(nowMs) },
        ...{ removedIn: null, removedBy: null, removedAt: null },
      });
    });
    await em.flush();
    return loadTruth(em, id, null);
  });
}

/** Takes a mark away from the next revision on. Throws truth.not-found (also for a mark that is gone), input.invalid. */
export async function removeEvent(
  database: Database,
  id: string,
  event: number,
  by: string,
  nowMs: number,
): Promise<Truth> {
  const removedBy = parse(markerSchema, by);
  return database.write(async (em) => {
    const clip = await raised(em, id);
    const mark = await em.findOne(TruthEventEntity, { truth: id, event, removedIn: null });
    if (mark === null) throw new AppError('truth.not-found', `truth ${id} has no event ${String(event)}`);
    Object.assign(mark, { removedIn: clip.revision, removedBy, removedAt: new Date(nowMs) });
    await em.flush();
    return loadTruth(em, id, null);
  });
}

/** Hides a truth; its rows stay. Throws truth.not-found, input.invalid. */
export async function deleteTruth(database: Database, id: string, by: string, nowMs: number): Promise<void> {
  const deletedBy = parse(markerSchema, by);
  await database.write(async (em) => {
    Object.assign(await raised(em, id), { deletedBy, deletedAt: new Date(nowMs) });
    await em.flush();
  });
}

/** Locked until the transaction ends, so that changes made at once become revisions one after another. */
async function raised(em: EntityManager, id: string): Promise<TruthClipRow> {
  const [found] = await em.execute('select 1 from truth_clips where id = ? and deleted_at is null for update', [id]);
  const clip = found === undefined ? null : await em.findOne(TruthClipEntity, { id }, { refresh: true });
  if (clip === null) throw new AppError('truth.not-found', `there is no truth ${id}`);
  clip.revision += 1;
  return clip;
}
