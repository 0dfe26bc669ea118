/** Cells of an edge field, and the pixels of each across and down in the luma it is made of. */
export const EDGE_COLUMNS = 80;
export const EDGE_ROWS = 48;
export const CELL_PX = 4;
const CELLS = EDGE_COLUMNS * EDGE_ROWS;

/** A step of so many grey levels between two cells counts half: beyond it, contrast matters less and less. */
const HALF_STRENGTH = 12;
/** Light that falls off slowly over the picture (a lamp, infrared, dark corners) is no edge: cells around that are taken off. */
const AROUND = 4;

/**
 * Where edges are and which way they run, by cell, row by row: strength 0..127 times (cos 2a, sin 2a) of the gradient's
 * angle a. Twice the angle, so that dark beside bright is the same edge as bright beside dark: by day, in infrared and with
 * the lamps on, the same things have the same edges. `means`: mean luma of the cells, 0..255.
 */
export function edgeField(means: Float32Array): Int8Array<ArrayBuffer> {
  const relief = withoutSurroundings(means);
  const field = new Int8Array(2 * CELLS);
  for (let y = 1; y < EDGE_ROWS - 1; y += 1) {
    for (let x = 1; x < EDGE_COLUMNS - 1; x += 1) {
      const cell = y * EDGE_COLUMNS + x;
      const across = (relief[cell + 1] as number) - (relief[cell - 1] as number);
      const down = (relief[cell + EDGE_COLUMNS] as number) - (relief[cell - EDGE_COLUMNS] as number);
      const size = Math.sqrt(across * across + down * down);
      if (size === 0) continue;
      const scale = 127 / (size * (size + HALF_STRENGTH));
      field[2 * cell] = Math.round((across * across - down * down) * scale);
      field[2 * cell + 1] = Math.round(2 * across * down * scale);
    }
  }
  return field;
}

/** Each cell less the mean of the cells around it. */
function withoutSurroundings(means: Float32Array): Float32Array {
  const stride = EDGE_COLUMNS + 1;
  const sums = new Float64Array(stride * (EDGE_ROWS + 1));
  for (let y = 0; y < EDGE_ROWS; y += 1) {
    let row = 0;
    for (let x = 0; x < EDGE_COLUMNS; x += 1) {
      row += means[y * EDGE_COLUMNS + x] as number;
      sums[(y + 1) * stride + x + 1] = (sums[y * stride + x + 1] as number) + row;
    }
  }
  const relief = new Float32Array(CELLS);
  for (let y = 0; y < EDGE_ROWS; y += 1) {
    const top = Math.max(0, y - AROUND) * stride;
    const bottom = Math.min(EDGE_ROWS, y + AROUND + 1) * stride;
    for (let x = 0; x < EDGE_COLUMNS; x += 1) {
      const left = Math.max(0, x - AROUND);
      const right = Math.min(EDGE_COLUMNS, x + AROUND + 1);
      const inside = (at: number): number => sums[at] as number;
      const sum = inside(bottom + right) - inside(bottom + left) - inside(top + right) + inside(top + left);
      const count = ((bottom - top) / stride) * (right - left);
      relief[y * EDGE_COLUMNS + x] = (means[y * EDGE_COLUMNS + x] as number) - sum / count;
    }
  }
  return relief;
}
