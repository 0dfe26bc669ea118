import { type Box, iou } from '#protocol/geometry.ts';
import type { Detection } from '#actors/inference/detector.port.ts';

/** Whom a detector has to find: plainly visible and not tiny. Others are neither asked for nor held against it. */
export const COUNTED = { visibility: 0.4, heightPx: 24, iou: 0.5 } as const;

export interface TruthBox {
  readonly box: Box;
  readonly isCounted: boolean;
}

export interface Score {
  readonly found: number;
  readonly missed: number;
  readonly false: number;
}

export const NOTHING: Score = { found: 0, missed: 0, false: 0 };

/** Best first, each detection takes the best true box still free; IoU 0.5 or more is a find. */
export function scoreFrame(detections: readonly Detection[], truth: readonly TruthBox[], minScore: number): Score {
  const free = new Set(truth);
  let [found, wrong] = [0, 0];
  const strong = detections.filter(({ score }) => score >= minScore).toSorted((a, b) => b.score - a.score);
  for (const { box } of strong) {
    const best = [...free].map((one) => ({ one, overlap: iou(one.box, box) })).sort((a, b) => b.overlap - a.overlap)[0];
    if (best !== undefined && best.overlap >= COUNTED.iou) {
      free.delete(best.one);
      if (best.one.isCounted) found++;
      continue;
    }
    // Mostly over somebody who is not asked for: neither right nor wrong.
    if (!truth.some((one) => !one.isCounted && shareInside(box, one.box) >= 0.5)) wrong++;
  }
  return { found, missed: [...free].filter(({ isCounted }) => isCounted).length, false: wrong };
}

export function add(a: Score, b: Score): Score {
  return { found: a.found + b.found, missed: a.missed + b.missed, false: a.false + b.false };
}

export function recallOf({ found, missed }: Score): number {
  return found / Math.max(1, found + missed);
}

export function precisionOf({ found, false: wrong }: Score): number {
  return found / Math.max(1, found + wrong);
}

function shareInside(box: Box, other: Box): number {
  const width = Math.min(box.x2, other.x2) - Math.max(box.x1, other.x1);
  const height = Math.min(box.y2, other.y2) - Math.max(box.y1, other.y1);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / ((box.x2 - box.x1) * (box.y2 - box.y1));
}
