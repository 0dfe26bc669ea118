import { CELL_PX, EDGE_COLUMNS, EDGE_ROWS } from './edge-field.ts';

/** Share of the cells, those with the strongest edges, that are looked at. */
const STRONGEST = 0.08;
/** Across and down together. */
const GREATEST_RISE = 2 * 255;
const WIDTH_PX = EDGE_COLUMNS * CELL_PX;

/**
 * How suddenly the strongest edges of a picture rise: the steepest step over two pixels within a cell, by the rise over two
 * cells. About 1 in a sharp picture, less than 0.65 out of focus. A quotient of one edge with itself, so that light, contrast and
 * noise matter little. `luma`: 320 x 192; `means`: its cells. Null where nothing stands out.
 */
export function sharpnessOf(luma: Uint8Array, means: Float32Array): number | null {
  const rises = risesOf(means);
  const strong = leastOfStrongest(rises);
  let steps = 0;
  let rise = 0;
  for (let y = 1; y < EDGE_ROWS - 1; y += 1) {
    for (let x = 1; x < EDGE_COLUMNS - 1; x += 1) {
      const here = rises[y * EDGE_COLUMNS + x] as number;
      if (here < strong) continue;
      steps += steepestStep(luma, x * CELL_PX, y * CELL_PX);
      rise += here;
    }
  }
  return rise === 0 ? null : steps / rise;
}

function risesOf(means: Float32Array): Float32Array {
  const rises = new Float32Array(means.length);
  for (let y = 1; y < EDGE_ROWS - 1; y += 1) {
    for (let x = 1; x < EDGE_COLUMNS - 1; x += 1) {
      const cell = y * EDGE_COLUMNS + x;
      rises[cell] =
        Math.abs((means[cell + 1] as number) - (means[cell - 1] as number)) +
        Math.abs((means[cell + EDGE_COLUMNS] as number) - (means[cell - EDGE_COLUMNS] as number));
    }
  }
  return rises;
}

/** To a whole level, and never less than one: what does not rise is no edge. */
function leastOfStrongest(rises: Float32Array): number {
  const counts = new Uint16Array(GREATEST_RISE + 1);
  for (const rise of rises) {
    const level = Math.floor(rise);
    counts[level] = (counts[level] as number) + 1;
  }
  let wanted = Math.floor(rises.length * STRONGEST);
  let level = GREATEST_RISE;
  for (; level > 1 && wanted > 0; level -= 1) wanted -= counts[level] as number;
  return level;
}

function steepestStep(luma: Uint8Array, leftPx: number, topPx: number): number {
  let steepest = 0;
  for (let y = topPx; y < topPx + CELL_PX; y += 1) {
    for (let x = leftPx; x < leftPx + CELL_PX; x += 1) {
      const at = y * WIDTH_PX + x;
      const step =
        Math.abs((luma[at + 1] as number) - (luma[at - 1] as number)) +
        Math.abs((luma[at + WIDTH_PX] as number) - (luma[at - WIDTH_PX] as number));
      if (step > steepest) steepest = step;
    }
  }
  return steepest;
}
