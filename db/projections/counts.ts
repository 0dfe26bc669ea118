import type { EntityManager } from '@mikro-orm/postgresql';
import type { Direction } from '#protocol/geometry.ts';
import type { CountsMessage } from '#protocol/live.ts';
import type { StoredStep } from './crossings.ts';
import { CountsFold, type LineTotals, type Step } from './occupancy.ts';

interface Known {
  readonly version: number;
  readonly sinceMs: number;
  readonly fold: CountsFold;
}

/** The read model `camera_counts`, kept in the transaction that stores the facts. Folds in memory are only a short cut. */
export class CountsProjection {
  readonly #known = new Map<string, Known>();

  /** After a transaction that failed: what was folded in may not be in the database. */
  forget(): void {
    this.#known.clear();
  }

  /** Folds new steps in; cameras with voided ones are built anew. Returns each changed camera's counts. */
  async apply(
    em: EntityManager,
    steps: readonly StoredStep[],
    voided: readonly StoredStep[],
  ): Promise<CountsMessage[]> {
    const stepsOf = Map.groupBy(steps, (step) => step.camera);
    const voidedOf = Map.groupBy(voided, (step) => step.camera);
    const cameras = [...new Set([...stepsOf.keys(), ...voidedOf.keys()])].sort();
    const messages: CountsMessage[] = [];
    for (const camera of cameras) {
      const fresh = stepsOf.get(camera) ?? [];
      messages.push(await this.#fold(em, camera, fresh, voidedOf.get(camera)?.length ?? 0));
    }
    return messages;
  }

  async #fold(em: EntityManager, camera: string, fresh: readonly Step[], voided: number): Promise<CountsMessage> {
    // The row's lock and version make several projectors take turns and notice each other.
    await em.execute(
      `insert into camera_counts (camera, since_ms, occupancy, drift_corrections, lines)
       values (?, 0, 0, 0, '[]') on conflict do nothing`,
      [camera],
    );
    const [row] = await em.execute<{ version: string }[]>(
      'select version from camera_counts where camera = ? for update',
      [camera],
    );
    const before = Number(row?.version ?? 0);
    let known = this.#known.get(camera);
    const inPlace =
      known?.version === before &&
      voided === 0 &&
      fresh.every((step) => step.atMs < (known?.sinceMs ?? 0) || known?.fold.add(step) === true);
    if (known === undefined || !inPlace) known = { version: before, ...(await loadFold(em, camera)) };
    const version = before + fresh.length + voided;
    this.#known.set(camera, { ...known, version });
    const { occupancy, corrections, lines } = known.fold.totals();
    await em.execute(
      `update camera_counts set version = ?, since_ms = ?, occupancy = ?, drift_corrections = ?, lines = ?::jsonb,
         updated_at = now() where camera = ?`,
      [version, known.sinceMs, occupancy, corrections, JSON.stringify(lines), camera],
    );
    return { camera, sinceMs: known.sinceMs, occupancy, lines, version };
  }
}

/** The fold over everything stored since the camera's newest baseline. */
async function loadFold(em: EntityManager, camera: string): Promise<{ sinceMs: number; fold: CountsFold }> {
  const [begin] = await em.execute<{ since: number | null; occupancy: number | null; made: number | null }[]>(
    `select (extract(epoch from b.at) * 1000)::double precision as since, b.occupancy,
       (select (extract(epoch from created_at) * 1000)::double precision from cameras where id = ?) as made
     from (select 1) one left join lateral
       (select at, occupancy from baselines where camera = ? order by at desc limit 1) b on true`,
    [camera, camera],
  );
  const range = `camera = ? and crossed_at >= coalesce(to_timestamp(?::double precision / 1000), '-infinity')`;
  const since = begin?.since ?? null;
  const totals = await em.execute<{ line: string; direction: Direction; crossings: string }[]>(
    `select line, direction, count(*) as crossings from counting_results where ${range} group by line, direction`,
    [camera, since],
  );
  const [shape] = await em.execute<
    { sum: string; low: string; at: number; fact_id: string; line: string; direction: Direction }[]
  >(
    `select s as sum, min(s) over () as low, (extract(epoch from crossed_at) * 1000)::double precision as at,
       fact_id, line, direction
     from (
       select crossed_at, fact_id, line, direction,
         sum(case direction when 'in' then 1 else -1 end)
           over (order by crossed_at, fact_id collate "C" rows unbounded preceding) as s
       from counting_results where ${range}
     ) steps order by crossed_at desc, fact_id collate "C" desc limit 1`,
    [camera, since],
  );
  const lines = new Map<string, { in: number; out: number }>();
  for (const { line, direction, crossings } of totals) {
    const counts = lines.get(line) ?? { in: 0, out: 0 };
    counts[direction] = Number(crossings);
    lines.set(line, counts);
  }
  const base = { sum: Number(shape?.sum ?? 0), low: Math.min(0, Number(shape?.low ?? 0)) };
  const end: Step | null =
    shape === undefined
      ? null
      : { atMs: shape.at, factId: shape.fact_id, line: shape.line, direction: shape.direction };
  const fold = new CountsFold(begin?.occupancy ?? 0, base, end, lines satisfies LineTotals);
  return { sinceMs: since ?? begin?.made ?? 0, fold };
}
