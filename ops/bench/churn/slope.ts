export interface Reading {
  readonly atMs: number;
  readonly value: number;
}

/** How much a line through the readings (least squares) grows over their time, as a share of its height in the middle. */
export function growthFrac(readings: readonly Reading[]): number | null {
  const count = readings.length;
  if (count < 2) return null;
  const meanAt = readings.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const mean = readings.reduce((sum, { value }) => sum + value, 0) / count;
  const spread = readings.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0);
  if (spread === 0 || mean === 0) return null;
  const slope = readings.reduce((sum, { atMs, value }) => sum + (atMs - meanAt) * (value - mean), 0) / spread;
  const overMs = Math.max(...readings.map(({ atMs }) => atMs)) - Math.min(...readings.map(({ atMs }) => atMs));
  return (slope * overMs) / mean;
}
