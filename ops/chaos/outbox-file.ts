import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** A worker's outbox as it lies on the disk, whether the worker lives or not. */
export interface Outbox {
  readonly outboxFile: string;
}

export interface Unsettled {
  readonly leaseId: string;
  readonly n: number;
  readonly subject: string;
}

/** The greatest number each lease's facts have reached. */
export function decidedIn(outbox: Outbox): Map<string, number> {
  const rows = rowsOf(outbox, 'select lease_id, last_n as n from leases');
  return new Map(rows.map((row) => [String(row['lease_id']), Number(row['n'])]));
}

/** Facts of which the worker does not know that they are stored. */
export function unsettledIn(outbox: Outbox): Unsettled[] {
  return rowsOf(outbox, 'select lease_id, n, subject from facts order by seq').map((row) => ({
    leaseId: String(row['lease_id']),
    n: Number(row['n']),
    subject: String(row['subject']),
  }));
}

function rowsOf({ outboxFile }: Outbox, sql: string): Record<string, unknown>[] {
  if (!existsSync(outboxFile)) return [];
  const file = new DatabaseSync(outboxFile, { readOnly: true });
  try {
    return file.prepare(sql).all();
  } catch {
    return []; // Its writer is about to make the tables, or holds them.
  } finally {
    file.close();
  }
}
