/** A box in whatever unit its maker uses, corners top left and bottom right. */
export interface ScoredBox {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** 0..1 */
  readonly score: number;
}

/**
 * Greedy non-maximum suppression: of boxes that overlap by more than `maxIou` only the best stays. Best first in the
 * answer, at most `maxBoxes`. Equal scores keep their order, so equal input gives equal output.
 */
export function suppress(boxes: readonly ScoredBox[], maxIou: number, maxBoxes: number): ScoredBox[] {
  const kept: ScoredBox[] = [];
  for (const box of boxes.toSorted((a, b) => b.score - a.score)) {
    if (kept.length >= maxBoxes) break;
    if (kept.every((better) => overlap(better, box) <= maxIou)) kept.push(box);
  }
  return kept;
}

function overlap(a: ScoredBox, b: ScoredBox): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - both);
}
