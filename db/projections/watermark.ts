import type { EntityManager } from '@mikro-orm/postgresql';
import type { Watermark } from '#protocol/leases.ts';

export interface SettledFact {
  readonly leaseId: string;
  readonly n: number;
}

/** The greatest n such that all of 1..n are settled, and what is settled beyond it. */
export function advance(watermark: number, settled: Iterable<number>): { watermark: number; ahead: number[] } {
  const ahead = new Set([...settled].filter((n) => n > watermark));
  let reached = watermark;
  while (ahead.delete(reached + 1)) reached += 1;
  return { watermark: reached, ahead: [...ahead].sort((a, b) => a - b) };
}

/**
 * Moves the leases' watermarks inside the transaction that stored the facts, and returns them all, moved or not: a worker
 * that repeats a settled fact has not heard of its watermark.
 */
export async function moveWatermarks(
  em: EntityManager,
  leaseIds: readonly string[],
  settled: readonly SettledFact[],
): Promise<Watermark[]> {
  if (leaseIds.length === 0) return [];
  const ids = JSON.stringify(leaseIds);
  const leases = await em.execute<{ lease_id: string; worker: string; watermark: string; started: boolean }[]>(
    `select lease_id, worker, watermark, counts_from is not null as started from leases
     where lease_id in (select jsonb_array_elements_text(?::jsonb)) order by lease_id for update`,
    [ids],
  );
  const earlier = await em.execute<{ lease_id: string; n: string }[]>(
    'select lease_id, n from settled_ahead where lease_id in (select jsonb_array_elements_text(?::jsonb))',
    [ids],
  );
  const result: Watermark[] = [];
  for (const lease of leases) {
    const before = Number(lease.watermark);
    const waiting = earlier.filter((row) => row.lease_id === lease.lease_id).map((row) => Number(row.n));
    const fresh = settled.filter((fact) => fact.leaseId === lease.lease_id).map((fact) => fact.n);
    const { watermark, ahead } = advance(before, [...waiting, ...fresh]);
    if (watermark > before) {
      await em.execute('update leases set watermark = ? where lease_id = ?', [watermark, lease.lease_id]);
      if (waiting.length > 0) {
        await em.execute('delete from settled_ahead where lease_id = ? and n <= ?', [lease.lease_id, watermark]);
      }
    }
    if (ahead.length > 0) {
      await em.execute(
        `insert into settled_ahead (lease_id, n)
         select ?, value::bigint from jsonb_array_elements_text(?::jsonb) on conflict do nothing`,
        [lease.lease_id, JSON.stringify(ahead)],
      );
    }
    result.push({ worker: lease.worker, leaseId: lease.lease_id, n: watermark, started: lease.started });
  }
  return result;
}
