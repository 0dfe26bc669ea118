/** A picture's luma plane: a byte a pixel, `rowBytes` from row to row. */
export interface LumaPlane {
  readonly plane: Uint8Array;
  readonly rowBytes: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** About so many pixels of a block are looked at, evenly spread: enough to average sensor noise out, cheap at any size. */
const SAMPLES_ACROSS = 5;
const SAMPLES_DOWN = 4;

/** Mean luma of each block of a grid laid over the whole picture, row by row, 0..255. */
export function blockMeans(
  { plane, rowBytes, widthPx, heightPx }: LumaPlane,
  columns: number,
  rows: number,
): Float32Array {
  const means = new Float32Array(columns * rows);
  const stepX = Math.max(1, Math.floor(widthPx / columns / SAMPLES_ACROSS));
  const stepY = Math.max(1, Math.floor(heightPx / rows / SAMPLES_DOWN));
  let block = 0;
  for (let row = 0; row < rows; row += 1) {
    const top = Math.floor((row * heightPx) / rows);
    const bottom = Math.max(top + 1, Math.floor(((row + 1) * heightPx) / rows));
    for (let column = 0; column < columns; column += 1, block += 1) {
      const left = Math.floor((column * widthPx) / columns);
      const right = Math.max(left + 1, Math.floor(((column + 1) * widthPx) / columns));
      let sum = 0;
      let count = 0;
      for (let y = top; y < bottom; y += stepY) {
        const end = y * rowBytes + right;
        for (let at = y * rowBytes + left; at < end; at += stepX) {
          sum += plane[at] as number;
          count += 1;
        }
      }
      means[block] = sum / count;
    }
  }
  return means;
}
