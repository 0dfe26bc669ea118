import { discardLetter, discardLetters, replayLetter } from '#db/commands/dead-letters.ts';
import type { Database } from '#db/database.ts';
import { bodyWords } from '#db/queries/dead-letter-words.ts';
import { letterById, listLetters, replayResult, waitingLetters, type LetterFilter } from '#db/queries/dead-letters.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import type { DeadLetterReason, DeadLetterView, ReplayResult, WaitingLetters } from '#protocol/dead-letters.ts';
import { projectorStatsSchema, type ProjectorStats } from '#protocol/projector-stats.ts';
import { subjects } from '#protocol/subjects.ts';

const REPLAY_LIMIT_MS = 4_000;
const STATS_LIMIT_MS = 2_000;

/** Messages that could not be counted. All but `projector` may reject with storage.unavailable. */
export interface DeadLetterStore {
  /** Newest first. Rejects with dead-letter.not-found for a `before` that is gone. */
  list(filter: LetterFilter, limit: number, before: string | null): Promise<readonly DeadLetterView[]>;
  waiting(): Promise<readonly WaitingLetters[]>;
  /** `words`: its body as somebody reads it; `body`: what was kept of it, base64. Rejects with dead-letter.not-found. */
  byId(id: string): Promise<{ readonly letter: DeadLetterView; readonly words: string; readonly body: string }>;
  /** Rejects with dead-letter.not-found, dead-letter.conflict, bus.unavailable. */
  replay(id: string, by: string): Promise<ReplayResult>;
  /** Rejects with dead-letter.not-found, dead-letter.conflict. */
  discard(id: string, by: string): Promise<void>;
  /** Those that wait, of one reason unless it is null; how many they were. */
  discardAll(reason: DeadLetterReason | null, by: string): Promise<number>;
  /** Rejects with bus.unavailable when no projector answers. */
  projector(): Promise<ProjectorStats>;
}

export function deadLetterStoreOf(database: Database, bus: Bus): DeadLetterStore {
  return {
    list: (filter, limit, before) => listLetters(database, filter, limit, before),
    waiting: () => waitingLetters(database),
    async byId(id) {
      const { letter, body } = await letterById(database, id);
      return { letter, words: bodyWords(body), body: Buffer.from(body).toString('base64') };
    },
    async replay(id, by) {
      const replay = await replayLetter(database, bus, id, by, Date.now());
      return replayResult(database, id, replay, REPLAY_LIMIT_MS);
    },
    discard: (id, by) => discardLetter(database, id, by, Date.now()),
    discardAll: async (reason, by) => (await discardLetters(database, reason, by, Date.now())).length,
    projector: () => bus.request(subjects.projectorStats, {}, projectorStatsSchema, STATS_LIMIT_MS),
  };
}
