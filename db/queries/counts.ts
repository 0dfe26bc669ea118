import type { Direction } from '#protocol/geometry.ts';
import type { CountsMessage } from '#protocol/live.ts';
import type { Database } from '../database.ts';
import { CameraEntity } from '../entities/camera.entity.ts';
import { CameraCountsEntity, CountingResultEntity, type CameraCountsRow } from '../entities/fact.entity.ts';
import { periodsIn, type PeriodRange } from './periods.ts';

/** Totals since the camera's baseline and how many are inside. A camera without a crossing has zeros. */
export async function countsOf(database: Database, camera: string): Promise<CountsMessage> {
  return database.read(async (em) => {
    const row = await em.findOne(CameraCountsEntity, { camera });
    if (row !== null) return countsMessageOf(row);
    const made = await em.findOne(CameraEntity, { id: camera });
    return { camera, sinceMs: made?.createdAt.getTime() ?? 0, occupancy: 0, lines: [], version: 0 };
  });
}

export function countsMessageOf(row: Omit<CameraCountsRow, 'updatedAt'>): CountsMessage {
  const { camera, sinceMs, occupancy, lines, version } = row;
  return { camera, sinceMs, occupancy, lines, version };
}

export interface CountsInPeriod {
  /** The period's start; every period of the range is there, also an empty one. */
  readonly fromMs: number;
  readonly lines: readonly { readonly line: string; readonly in: number; readonly out: number }[];
}

/** Crossings per line in consecutive periods, aligned to multiples of the period since 1970. */
export async function countsByPeriod(
  database: Database,
  camera: string,
  range: PeriodRange,
): Promise<CountsInPeriod[]> {
  const { periodMs, untilMs } = range;
  const starts = periodsIn(range);
  const rows = await database.read((em) =>
    em.execute<{ period: string; line: string; direction: Direction; crossings: string }[]>(
      `select floor(extract(epoch from crossed_at) * 1000 / ?)::bigint as period, line, direction, count(*) as crossings
       from counting_results
       where camera = ? and crossed_at >= to_timestamp(?::double precision / 1000)
         and crossed_at < to_timestamp(?::double precision / 1000)
       group by 1, 2, 3 order by 1, 2`,
      [periodMs, camera, starts[0] ?? range.fromMs, untilMs],
    ),
  );
  const periods = new Map(starts.map((at) => [at, new Map<string, { line: string; in: number; out: number }>()]));
  for (const { period, line, direction, crossings } of rows) {
    const lines = periods.get(Number(period) * periodMs);
    const counts = lines?.get(line) ?? { line, in: 0, out: 0 };
    counts[direction] = Number(crossings);
    lines?.set(line, counts);
  }
  return [...periods].map(([at, lines]) => ({ fromMs: at, lines: [...lines.values()] }));
}

/** The last hour, in periods of so many minutes. */
export function countsByMinute(
  database: Database,
  camera: string,
  nowMs: number,
  minutes = 5,
): Promise<CountsInPeriod[]> {
  return countsByPeriod(database, camera, { fromMs: nowMs - 3_600_000, untilMs: nowMs, periodMs: minutes * 60_000 });
}

export function countsByHour(database: Database, camera: string, nowMs: number, hours = 24): Promise<CountsInPeriod[]> {
  return countsByPeriod(database, camera, { fromMs: nowMs - hours * 3_600_000, untilMs: nowMs, periodMs: 3_600_000 });
}

export interface Crossing {
  readonly id: string;
  readonly atMs: number;
  readonly line: string;
  readonly direction: Direction;
  readonly track: number;
  readonly run: number;
  readonly confidence: number;
  readonly path: readonly (readonly [number, number])[];
}

/** Newest first. */
export async function recentCrossings(database: Database, camera: string, limit = 50): Promise<Crossing[]> {
  const rows = await database.read((em) =>
    em.find(CountingResultEntity, { camera }, { orderBy: { crossedAt: 'desc', factId: 'desc' }, limit }),
  );
  return rows.map((row) => ({
    id: row.factId,
    atMs: row.crossedAt.getTime(),
    line: row.line,
    direction: row.direction,
    track: row.track,
    run: row.run,
    confidence: row.confidence,
    path: row.path,
  }));
}
