import type { PeriodCounts } from '../camera-view.ts';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface BarGroup {
  readonly period: PeriodCounts;
  readonly in: Rect;
  readonly out: Rect;
  /** The whole column, for pointing at. */
  readonly column: Rect;
}

export interface BarChart {
  readonly groups: readonly BarGroup[];
  /** Horizontal lines with their values, bottom first. */
  readonly grid: readonly { readonly y: number; readonly value: number }[];
}

export interface Plot {
  readonly width: number;
  readonly height: number;
}

/** Pairs of bars, `in` left and `out` right, on one scale from zero. */
export function barChart(periods: readonly PeriodCounts[], { width, height }: Plot): BarChart {
  const ticks = niceTicks(Math.max(0, ...periods.map((period) => Math.max(period.in, period.out))));
  const top = ticks.at(-1) ?? 1;
  const step = width / Math.max(1, periods.length);
  const bar = Math.max(2, Math.min(18, step * 0.32));
  const gap = Math.max(1, Math.min(3, step * 0.05));
  const rect = (x: number, value: number): Rect => {
    const tall = (value / top) * height;
    return { x, y: height - tall, width: bar, height: tall };
  };
  return {
    groups: periods.map((period, i) => {
      const middle = (i + 0.5) * step;
      return {
        period,
        in: rect(middle - gap / 2 - bar, period.in),
        out: rect(middle + gap / 2, period.out),
        column: { x: i * step, y: 0, width: step, height },
      };
    }),
    grid: ticks.map((value) => ({ value, y: height - (value / top) * height })),
  };
}

/** Whole numbers from 0 to at least `max` in three to five even steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(max: number): number[] {
  const rough = Math.max(1, max) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const ticks: number[] = [];
  for (let value = 0; ; value += step) {
    ticks.push(value);
    if (value >= max && value > 0) return ticks;
  }
}
