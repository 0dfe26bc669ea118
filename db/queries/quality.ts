import type { Database } from '../database.ts';
import { periodsIn, type PeriodRange } from './periods.ts';

/** How well a camera could be counted. */
export interface CameraQuality {
  /** How much of the period a worker had the camera. */
  readonly measuredMs: number;
  readonly frames: number;
  readonly fpsWanted: number;
  readonly fpsReached: number;
  /** Mean score of the people seen; null when nobody was. */
  readonly confidence: number | null;
  readonly droppedDecoding: number;
  readonly droppedWaiting: number;
  readonly failed: number;
  readonly degradedMs: number;
  /** Tracks that entered a line's band per crossing counted; 1 where every person is one track, null without crossings. */
  readonly fragmentation: number | null;
}

/** In consecutive periods of a minute or more; `quality` is null for one in which no worker had the camera. */
export async function qualityByPeriod(
  database: Database,
  camera: string,
  range: PeriodRange,
): Promise<{ fromMs: number; quality: CameraQuality | null }[]> {
  const periods = periodsIn(range);
  const firstMs = periods[0] ?? range.fromMs;
  const rows = await database.read((em) =>
    em.execute<(CameraQuality & { period: number })[]>(
      `select *, coalesce(frames * 1000 / nullif("measuredMs", 0), 0) as "fpsReached" from (
         select floor(extract(epoch from from_at) * 1000 / ?)::double precision * ? as period,
           (sum(extract(epoch from until_at - from_at)) * 1000)::double precision as "measuredMs",
           sum(frames)::double precision as frames, max(fps_wanted) as "fpsWanted",
           sum(confidence * frames) / nullif(sum(frames) filter (where confidence is not null), 0) as confidence,
           sum(dropped_decoding)::double precision as "droppedDecoding",
           sum(dropped_waiting)::double precision as "droppedWaiting", sum(failed)::double precision as failed,
           sum(degraded_ms) as "degradedMs",
           (sum(tracks_at_lines) / nullif(sum(crossings), 0))::double precision as fragmentation
         from camera_minutes
         where camera = ? and until_at > to_timestamp(?::double precision / 1000)
           and from_at >= to_timestamp(?::double precision / 1000) and from_at < to_timestamp(?::double precision / 1000)
         group by 1
       ) sums`,
      [range.periodMs, range.periodMs, camera, firstMs, firstMs, range.untilMs],
    ),
  );
  const qualityOf = new Map(rows.map(({ period, ...quality }) => [period, quality]));
  return periods.map((fromMs) => ({ fromMs, quality: qualityOf.get(fromMs) ?? null }));
}
