import { createTruth, deleteTruth, markEvents, removeEvent } from '#db/commands/truth.ts';
import type { Database } from '#db/database.ts';
import { compareTruth, type TruthComparison } from '#db/queries/truth-comparison.ts';
import { listTruths, truthById } from '#db/queries/truth.ts';
import type { MarkEvents, NewTruth, Truth, TruthSummary } from '#protocol/truth.ts';

/** Truth that people mark. Every call may reject with storage.unavailable, those with an id with truth.not-found. */
export interface TruthStore {
  /** Of all cameras when `camera` is null. */
  list(camera: string | null): Promise<readonly TruthSummary[]>;
  /** `revision` null: the newest. Rejects with input.invalid where there was no such revision. */
  byId(id: string, revision: number | null): Promise<Truth>;
  /** Rejects with input.invalid, camera.not-found. */
  create(truth: NewTruth): Promise<Truth>;
  /** Rejects with input.invalid, input.too-large. */
  mark(id: string, marks: MarkEvents): Promise<Truth>;
  /** Rejects with input.invalid. */
  removeEvent(id: string, event: number, by: string): Promise<Truth>;
  /** Rejects with input.invalid. */
  delete(id: string, by: string): Promise<void>;
  /** Rejects with input.invalid, input.too-large. */
  compare(id: string, revision: number | null): Promise<TruthComparison>;
}

/** Over db/queries and db/commands. */
export function truthStoreOf(database: Database): TruthStore {
  return {
    list: (camera) => listTruths(database, camera),
    byId: (id, revision) => truthById(database, id, revision),
    create: (truth) => createTruth(database, truth, Date.now()),
    mark: (id, marks) => markEvents(database, id, marks, Date.now()),
    removeEvent: (id, event, by) => removeEvent(database, id, event, by, Date.now()),
    delete: (id, by) => deleteTruth(database, id, by, Date.now()),
    compare: (id, revision) => compareTruth(database, id, revision),
  };
}
