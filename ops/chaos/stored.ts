import type { Direction } from '#protocol/geometry.ts';
import type { Database } from '#db/database.ts';
import { FACT_TABLES } from '#db/projections/fact-tables.ts';

export interface StoredCrossing {
  readonly factId: string;
  readonly camera: string;
  readonly direction: Direction;
  readonly atMs: number;
  readonly leaseId: string;
}

export interface StoredLease {
  readonly leaseId: string;
  readonly camera: string;
  readonly worker: string;
  /** null: its LeaseStarted never came. */
  readonly countsFromMs: number | null;
  readonly watermark: number;
}

/** What PostgreSQL has, as the oracle needs it. */
export interface Stored {
  readonly crossings: readonly StoredCrossing[];
  readonly leases: readonly StoredLease[];
  /** By lease: the numbers of its facts that are stored or rejected, each once. */
  readonly numbers: ReadonlyMap<string, ReadonlySet<number>>;
  /** Accepted crossings of leases that did not own their instant. */
  readonly usurped: readonly string[];
  readonly fencedRefused: number;
  /** Facts that wait for their lease's start. */
  readonly held: number;
  readonly negativeOccupancy: number;
}

const OTHER_TABLES = ['camera_events', 'near_misses', 'picture_events'];

export async function readStored(database: Database): Promise<Stored> {
  const query = <T>(sql: string): Promise<T[]> => database.read((em) => em.execute<T[]>(sql));
  const crossings = await query<StoredCrossing>(
    `select fact_id as "factId", camera, direction, lease_id as "leaseId",
       (extract(epoch from crossed_at) * 1000)::double precision as "atMs" from counting_results order by crossed_at`,
  );
  const leases = await query<StoredLease>(
    `select lease_id as "leaseId", camera, worker, watermark::int as watermark,
       (extract(epoch from counts_from) * 1000)::double precision as "countsFromMs" from leases order by counts_from`,
  );
  const idsSql = [
    ...[...FACT_TABLES.map(({ table }) => table), ...OTHER_TABLES].map((table) => `select fact_id as id from ${table}`),
    'select key as id from rejected_messages',
  ].join(' union all ');
  const usurped = await query<{ factId: string }>(
    `select fact_id as "factId" from counting_results c where c.lease_id <> (
       select o.lease_id from leases o where o.camera = c.camera and o.counts_from <= c.crossed_at
       order by o.epoch desc, o.lease_id collate "C" desc limit 1)`,
  );
  return {
    crossings,
    leases,
    numbers: numbersOf(await query<{ id: string }>(idsSql)),
    usurped: usurped.map(({ factId }) => factId),
    fencedRefused: await countOf(query, `rejected_messages where reason in ('fenced', 'voided')`),
    held: await countOf(query, 'held_facts'),
    negativeOccupancy: await countOf(query, 'camera_counts where occupancy < 0'),
  };
}

async function countOf(query: (sql: string) => Promise<{ n: number }[]>, from: string): Promise<number> {
  return (await query(`select count(*)::int as n from ${from}`))[0]?.n ?? 0;
}

/** Ids are `camera.leaseId.n`; whatever has no such id was no fact. */
function numbersOf(rows: readonly { id: string }[]): Map<string, Set<number>> {
  const numbers = new Map<string, Set<number>>();
  for (const { id } of rows) {
    const [, leaseId, n] = /^[a-z0-9-]+\.([0-9a-f]{24})\.(\d+)$/.exec(id) ?? [];
    if (leaseId === undefined || n === '0') continue;
    const known = numbers.get(leaseId) ?? new Set();
    numbers.set(leaseId, known.add(Number(n)));
  }
  return numbers;
}
