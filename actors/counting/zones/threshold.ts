/** One limit of a zone, and what has been told about it. Plain data. */
export interface ThresholdWatch {
  readonly limit: number;
  /** What was told last; null: nothing yet. */
  readonly told: boolean | null;
  readonly isBeyond: boolean;
  readonly sinceMs: number;
}

/** Tells a change once it has lasted for `holdMs`; in the beginning also that nothing is amiss. */
export function watchThreshold(
  before: ThresholdWatch | null,
  limit: number,
  isBeyond: boolean,
  nowMs: number,
  holdMs: number,
): { watch: ThresholdWatch; tells: boolean } {
  const known = before?.limit === limit ? before : null;
  const sinceMs = known?.isBeyond === isBeyond ? known.sinceMs : nowMs;
  const told = known?.told ?? null;
  const tells = told !== isBeyond && nowMs - sinceMs >= holdMs;
  return { watch: { limit, told: tells ? isBeyond : told, isBeyond, sinceMs }, tells };
}
