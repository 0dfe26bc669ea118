import type { Interval } from './wilson.ts';

/** A mistake drags others along for seconds (a lost track, a group taken for one): blocks are longer than that. */
const SHORTEST_BLOCK = 10;
const FEWEST_BLOCKS = 3;
const RESAMPLES = 2000;

export interface SumInterval {
  readonly interval95: Interval;
  /** Values in a block. */
  readonly block: number;
  readonly resamples: number;
}

/** At least 10 values, and no fewer than the cube root of their number (Hall, Horowitz and Jing 1995). */
export function blockLength(values: number): number {
  return Math.max(SHORTEST_BLOCK, Math.ceil(Math.cbrt(values)));
}

/**
 * How much the sum of a series might have been, had its blocks come in other mixtures: the percentile interval (Efron 1979)
 * of a circular block bootstrap (Kuensch 1989; Politis and Romano 1992), which keeps neighbours together because they are not
 * independent. Equal seeds give equal intervals. Null for series of fewer than three blocks. What never happened in the series
 * happens in no resample: all zeros give [0, 0].
 */
export function sumInterval95(series: readonly number[], seed: number): SumInterval | null {
  const block = blockLength(series.length);
  if (series.length < FEWEST_BLOCKS * block) return null;
  const random = mulberry32(seed);
  const sums = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let taken = 0; taken < series.length; taken += block) {
      const start = Math.floor(random() * series.length);
      const size = Math.min(block, series.length - taken);
      for (let i = 0; i < size; i += 1) sum += series[(start + i) % series.length] ?? 0;
    }
    return sum;
  }).sort((a, b) => a - b);
  const at = (share: number): number => sums[Math.floor(share * (RESAMPLES - 1))] ?? 0;
  return { interval95: [at(0.025), at(0.975)], block, resamples: RESAMPLES };
}

/** Uniform in [0, 1), 32 bits of state: plenty for resampling. T. Ettinger 2017, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
