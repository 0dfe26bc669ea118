/** Lower and upper bound. */
export type Interval = readonly [low: number, high: number];

/** The normal distribution's 97.5 % point: two-sided 95 %. */
const Z_95 = 1.959963984540054;

/**
 * Wilson's score interval for a share of `successes` in `trials`, without continuity correction (Wilson 1927; Newcombe 1998,
 * method 3). Keeps its 95 % also for small samples and shares near 0 or 1, where the textbook's normal interval fails.
 * Null without trials: nothing is known then.
 */
export function wilson95(successes: number, trials: number): Interval | null {
  if (trials === 0) return null;
  const z2 = Z_95 * Z_95;
  const share = successes / trials;
  const middle = share + z2 / (2 * trials);
  const half = Z_95 * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials));
  const scale = 1 + z2 / trials;
  // At the ends the formula gives 0 and 1 but for its last digit.
  return [successes === 0 ? 0 : (middle - half) / scale, successes === trials ? 1 : (middle + half) / scale];
}
