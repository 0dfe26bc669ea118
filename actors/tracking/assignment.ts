/**
 * Optimal one-to-one matching of rows to columns: minimises the sum of the matched costs plus `limit` for every row left
 * alone. A pair dearer than `limit` is never matched; Infinity forbids a pair. Ties go to the lower row and column, so
 * equal input gives equal output.
 *
 * Shortest augmenting paths with dual potentials (Jonker and Volgenant 1987), O(rows^2 * columns). Leaving a row alone is
 * a private dummy column of cost `limit`, kept implicit: a search may end by freeing any row it has reached.
 *
 * @param costs row-major, `rows * columns` long
 * @returns for each row its column, or -1
 */
export function assign(costs: Float64Array, rows: number, columns: number, limit: number): Int32Array {
  const columnOf = new Int32Array(rows).fill(-1);
  const rowOf = new Int32Array(columns).fill(-1);
  const rowDual = new Float64Array(rows);
  const columnDual = new Float64Array(columns);
  const distance = new Float64Array(columns);
  const reachedFrom = new Int32Array(columns);
  const isScanned = new Uint8Array(columns);
  const scanned = new Int32Array(columns);

  for (let start = 0; start < rows; start += 1) {
    distance.fill(Infinity);
    isScanned.fill(0);
    let scannedCount = 0;
    let row = start;
    let travelled = 0;
    let aloneRow = start;
    let aloneDistance = limit - at(rowDual, start);
    let endColumn = -1;

    for (;;) {
      const offset = row * columns;
      const base = travelled - at(rowDual, row);
      let nearest = -1;
      let nearestDistance = Infinity;
      for (let column = 0; column < columns; column += 1) {
        if (at(isScanned, column) === 1) continue;
        const through = base + at(costs, offset + column) - at(columnDual, column);
        if (through < at(distance, column)) {
          distance[column] = through;
          reachedFrom[column] = row;
        }
        if (at(distance, column) < nearestDistance) {
          nearestDistance = at(distance, column);
          nearest = column;
        }
      }
      if (nearest === -1 || nearestDistance > aloneDistance) {
        travelled = aloneDistance;
        break;
      }
      travelled = nearestDistance;
      if (at(rowOf, nearest) === -1) {
        endColumn = nearest;
        break;
      }
      isScanned[nearest] = 1;
      scanned[scannedCount] = nearest;
      scannedCount += 1;
      row = at(rowOf, nearest);
      const alone = travelled + limit - at(rowDual, row);
      if (alone < aloneDistance) {
        aloneDistance = alone;
        aloneRow = row;
      }
    }

    // Keep every reduced cost non-negative before the path is flipped.
    rowDual[start] = at(rowDual, start) + travelled;
    for (let index = 0; index < scannedCount; index += 1) {
      const column = at(scanned, index);
      const gain = travelled - at(distance, column);
      columnDual[column] = at(columnDual, column) - gain;
      const matched = at(rowOf, column);
      rowDual[matched] = at(rowDual, matched) + gain;
    }

    let free = endColumn;
    if (free === -1) {
      free = at(columnOf, aloneRow);
      columnOf[aloneRow] = -1;
    }
    while (free !== -1) {
      const giver = at(reachedFrom, free);
      const next = at(columnOf, giver);
      columnOf[giver] = free;
      rowOf[free] = giver;
      free = giver === start ? -1 : next;
    }
  }
  return columnOf;
}

/** Indices here are in range by construction; this only tells the type checker so. */
function at(values: Float64Array | Int32Array | Uint8Array, index: number): number {
  return values[index] as number;
}
