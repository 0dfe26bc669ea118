/** Wait before the next attempt after that many failures in a row (>= 1); `random` 0..1 keeps pages from returning as one. */
export function retryDelayMs(failures: number, random: number, capMs = 10_000): number {
  const full = Math.min(capMs, 500 * 2 ** Math.min(failures - 1, 20));
  return Math.round(full * (0.5 + random / 2));
}
