/** Wait before the next attempt after that many failures in a row (>= 1); `random` 0..1 keeps pages from returning as one. */
export function retryDelayMs(failures: number, random: number, capMs: number): number {
  const full = Math.min(capMs, 500 * 2 ** Math.min(failures - 1, 20));
  return Math.round(full * (0.5 + random / 2));
}

/**
 * Longest waits between attempts. A camera that is live and a server that should be there are tried about once a second,
 * so that whoever watches sees motion within 3 s of the cause's end; an offer the server will not have is not asked about
 * that often.
 */
export const RETRY_CAP_MS = { video: 1_500, feed: 1_500, refused: 30_000 } as const;
