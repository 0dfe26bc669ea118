import * as v from 'valibot';
import { cameraIdSchema } from './ids.ts';

/**
 * How boxes are shown: `live` = the video waits for nothing, boxes are moved ahead; `exact` = the video waits for its boxes
 * and is the very stream that is analysed; `nearest` = the same, but the boxes come from the camera's second stream.
 */
export const overlayModeSchema = v.picklist(['live', 'exact', 'nearest']);
export type OverlayMode = v.InferOutput<typeof overlayModeSchema>;

/** Upper edges of the bins frames are counted in, ms; one more bin takes what lies beyond the last. */
export const SKEW_EDGES_MS = [0, 5, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1_000] as const;
export const SKEW_BINS = SKEW_EDGES_MS.length + 1;

const frameCount = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000));

/**
 * Skew: distance in time from a shown frame to the nearest analysed one, whose boxes were drawn on it. A page counts its
 * frames since it last reported.
 */
export const skewReportSchema = v.object({
  camera: cameraIdSchema,
  mode: overlayModeSchema,
  /** The browser does not tell which frame it shows: the newest received stood in. */
  isEstimated: v.boolean(),
  frames: v.pipe(v.array(frameCount), v.length(SKEW_BINS)),
  /** Frames near which nothing was analysed, drawn without boxes. */
  unmatched: frameCount,
});
export type SkewReport = v.InferOutput<typeof skewReportSchema>;

/** GET /api/v1/cameras/<id>/skew: what pages reported over the last `overMs`. */
export interface SkewSummary {
  readonly camera: string;
  readonly overMs: number;
  /** One entry for each mode and certainty that was reported. */
  readonly seen: readonly {
    readonly mode: OverlayMode;
    readonly isEstimated: boolean;
    readonly frames: number;
    readonly unmatched: number;
    /** null: no frame had boxes. */
    readonly p50Ms: number | null;
    readonly p95Ms: number | null;
  }[];
}

export function skewBin(skewMs: number): number {
  const bin = SKEW_EDGES_MS.findIndex((edge) => skewMs <= edge);
  return bin < 0 ? SKEW_EDGES_MS.length : bin;
}

/** From counts by bin, spread evenly within each; null without a frame. Beyond the last edge it is that edge. */
export function skewPercentile(frames: readonly number[], share: number): number | null {
  const total = frames.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [bin, count] of frames.entries()) {
    if (count > 0 && below + count >= share * total) {
      const upper = SKEW_EDGES_MS[Math.min(bin, SKEW_EDGES_MS.length - 1)] ?? 0;
      const lower = bin >= SKEW_EDGES_MS.length ? upper : (SKEW_EDGES_MS[bin - 1] ?? 0);
      return lower + (upper - lower) * ((share * total - below) / count);
    }
    below += count;
  }
  return SKEW_EDGES_MS.at(-1) ?? null;
}
