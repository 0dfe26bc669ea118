/** How long to wait before trying again: exponential, jittered, capped, forgotten after a stable stretch. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly capMs: number;
  /** A stretch this long without a failure starts the count afresh. */
  readonly stableMs: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { firstMs: 500, capMs: 30_000, stableMs: 60_000 };

/**
 * Delay before attempt `failures + 1`, given that many failures in a row (>= 1). `random` in 0..1 spreads it over the
 * upper half of the interval, so that a hundred cameras behind one switch do not come back as one.
 */
export function backoffMs(policy: BackoffPolicy, failures: number, random: number): number {
  const full = Math.min(policy.capMs, policy.firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (0.5 + random / 2));
}
