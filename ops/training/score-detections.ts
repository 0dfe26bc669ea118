import { type Box, iou } from '#protocol/geometry.ts';
import type { Detection } from '#actors/inference/detector.port.ts';

/** Whom a detector has to find: plainly visible and not tiny. Others are neither asked for nor held against it. */
export const COUNTED = { visibility: 0.4, heightPx: 24, iou: 0.5 } as const;

export interface TruthBox {
  readonly box: Box;
  readonly isCounted: boolean;
}

/** A detection that found somebody who is asked for, or nobody. */
export interface Verdict {
  readonly score: number;
  readonly isRight: boolean;
}

/** Of any number of frames. */
export interface Judgement {
  readonly verdicts: readonly Verdict[];
  /** People asked for. */
  readonly wanted: number;
}

export interface Score {
  readonly found: number;
  readonly missed: number;
  readonly false: number;
}

export const NOTHING: Judgement = { verdicts: [], wanted: 0 };

/**
 * Best first, each detection takes the best true box still free; IoU 0.5 or more is a find. Weaker detections never change
 * what stronger ones found, so one judgement serves every threshold.
 */
export function judgeFrame(detections: readonly Detection[], truth: readonly TruthBox[]): Judgement {
  const free = new Set(truth);
  const verdicts: Verdict[] = [];
  for (const { box, score } of detections.toSorted((a, b) => b.score - a.score)) {
    const best = [...free].map((one) => ({ one, overlap: iou(one.box, box) })).sort((a, b) => b.overlap - a.overlap)[0];
    if (best !== undefined && best.overlap >= COUNTED.iou) {
      free.delete(best.one);
      if (best.one.isCounted) verdicts.push({ score, isRight: true });
      continue;
    }
    // Mostly over somebody who is not asked for: neither right nor wrong.
    if (!truth.some((one) => !one.isCounted && shareInside(box, one.box) >= 0.5))
      verdicts.push({ score, isRight: false });
  }
  return { verdicts, wanted: truth.filter(({ isCounted }) => isCounted).length };
}

export function add(a: Judgement, b: Judgement): Judgement {
  return { verdicts: [...a.verdicts, ...b.verdicts], wanted: a.wanted + b.wanted };
}

export function scoreAt(minScore: number, { verdicts, wanted }: Judgement): Score {
  const strong = verdicts.filter(({ score }) => score >= minScore);
  const found = strong.filter(({ isRight }) => isRight).length;
  return { found, missed: wanted - found, false: strong.length - found };
}

export function recallOf({ found, missed }: Score): number {
  return found / Math.max(1, found + missed);
}

export function precisionOf({ found, false: wrong }: Score): number {
  return found / Math.max(1, found + wrong);
}

/** AP50: area under precision over recall, precision made to fall only (Everingham et al. 2010, every point as in VOC 2010). */
export function averagePrecision({ verdicts, wanted }: Judgement): number {
  const points: { recall: number; precision: number }[] = [];
  let found = 0;
  verdicts
    .toSorted((a, b) => b.score - a.score)
    .forEach(({ isRight }, i) => {
      if (isRight) found++;
      points.push({ recall: found / Math.max(1, wanted), precision: found / (i + 1) });
    });
  let [area, best, recall] = [0, 0, points.at(-1)?.recall ?? 0];
  for (const point of points.toReversed()) {
    area += (recall - point.recall) * best;
    recall = point.recall;
    best = Math.max(best, point.precision);
  }
  return area + recall * best;
}

function shareInside(box: Box, other: Box): number {
  const width = Math.min(box.x2, other.x2) - Math.max(box.x1, other.x1);
  const height = Math.min(box.y2, other.y2) - Math.max(box.y1, other.y1);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / ((box.x2 - box.x1) * (box.y2 - box.y1));
}
