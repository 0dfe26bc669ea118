export interface PeriodRange {
  readonly fromMs: number;
  /** Not included. */
  readonly untilMs: number;
  readonly periodMs: number;
}

const MAX_PERIODS = 2_000;

/** Where each period of the range begins, at multiples of the period since 1970; of too many, the newest. */
export function periodsIn({ fromMs, untilMs, periodMs }: PeriodRange): number[] {
  const first = Math.floor(Math.max(fromMs, untilMs - MAX_PERIODS * periodMs) / periodMs) * periodMs;
  return Array.from(
    { length: Math.max(0, Math.ceil((untilMs - first) / periodMs)) },
    (_, index) => first + index * periodMs,
  );
}
