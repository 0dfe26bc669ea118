import type { Direction } from '#protocol/geometry.ts';
import type { TrueCrossing } from './people.ts';

export interface Score {
  readonly crossings: number;
  /** Counted once, on the right line, in the right direction and within `TOLERANCE_MS`. */
  readonly right: number;
  /** Counted though nobody crossed. */
  readonly wrong: number;
}

/** How much earlier than a person comes near the line, or later than they are clear of it, a crossing may be dated. */
const TOLERANCE_MS = 500;

/** Pairs what was counted with what is true, nearest first. Times of both are on one clock. */
export function scoreOf(
  truth: readonly TrueCrossing[],
  counted: readonly { readonly line: string; readonly direction: Direction; readonly tMs: number }[],
): Score {
  const pairs = truth
    .flatMap((event) => counted.map((count) => ({ event, count, apartMs: apart(event, count.tMs) })).filter(isPossible))
    .sort((a, b) => a.apartMs - b.apartMs);
  const taken = new Set<object>();
  for (const { event, count } of pairs) {
    if (taken.has(event) || taken.has(count)) continue;
    taken.add(event);
    taken.add(count);
  }
  const right = taken.size / 2;
  return { crossings: truth.length, right, wrong: counted.length - right };
}

function isPossible({ event, count, apartMs }: { event: Event; count: Event; apartMs: number }): boolean {
  return event.line === count.line && event.direction === count.direction && apartMs <= TOLERANCE_MS;
}

function apart({ fromMs, toMs }: TrueCrossing, tMs: number): number {
  return Math.max(0, fromMs - tMs, tMs - toMs);
}

type Event = Pick<TrueCrossing, 'line' | 'direction'>;

export function sum(scores: readonly Score[]): Score {
  const total = (key: keyof Score): number => scores.reduce((whole, score) => whole + score[key], 0);
  return { crossings: total('crossings'), right: total('right'), wrong: total('wrong') };
}

export function isMet({ crossings, right, wrong }: Score, bar: number): boolean {
  return right >= bar * crossings && wrong <= (1 - bar) * crossings;
}
