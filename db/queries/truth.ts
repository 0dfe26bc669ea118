import type { Truth, TruthSummary } from '#protocol/truth.ts';
import type { Database } from '../database.ts';
import { TruthClipEntity } from '../entities/truth.entity.ts';
import { loadTruth, summaryOf } from '../truth-view.ts';

const MAX_LISTED = 200;

/** Newest time first; of all cameras when none is named. */
export async function listTruths(database: Database, camera: string | null): Promise<TruthSummary[]> {
  const rows = await database.read((em) =>
    em.find(
      TruthClipEntity,
      { deletedAt: null, ...(camera !== null && { camera }) },
      { orderBy: { fromAt: 'desc', id: 'asc' }, limit: MAX_LISTED },
    ),
  );
  return rows.map(summaryOf);
}

/** `revision` null: the newest. Rejects with truth.not-found, input.invalid (no such revision). */
export function truthById(database: Database, id: string, revision: number | null = null): Promise<Truth> {
  return database.read((em) => loadTruth(em, id, revision));
}
