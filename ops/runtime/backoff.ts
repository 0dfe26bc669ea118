/** How long to wait before trying again: exponential, jittered, capped, forgotten after a stable stretch. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly capMs: number;
  /** A stretch this long without a failure starts the count afresh. */
  readonly stableMs: number;
  /** Before it doubles beyond `capMs` here, it stays there for so many tries. */
  readonly eager?: { readonly tries: number; readonly capMs: number };
}

export const DEFAULT_BACKOFF: BackoffPolicy = { firstMs: 500, capMs: 30_000, stableMs: 60_000 };

/** Most cameras that go away are back within a minute (a reboot, a loose plug), and somebody is watching. */
export const CAMERA_BACKOFF: BackoffPolicy = { ...DEFAULT_BACKOFF, eager: { tries: 40, capMs: 1_500 } };

/**
 * Delay before attempt `failures + 1`, given that many failures in a row (>= 1). `random` in 0..1 spreads it over the
 * upper half of the interval, so that a hundred cameras behind one switch do not come back as one.
 */
export function backoffMs(policy: BackoffPolicy, failures: number, random: number): number {
  return Math.round(fullDelayMs(policy, failures) * (0.5 + random / 2));
}

function fullDelayMs({ firstMs, capMs, eager }: BackoffPolicy, failures: number): number {
  const doubled = (startMs: number, times: number): number => startMs * 2 ** Math.min(times, 30);
  if (eager === undefined) return Math.min(capMs, doubled(firstMs, failures - 1));
  if (failures <= eager.tries) return Math.min(eager.capMs, doubled(firstMs, failures - 1));
  return Math.min(capMs, doubled(eager.capMs, failures - eager.tries));
}
