import { describe, expect, test } from 'vitest';
import { matchEvents, type EventMatching, type TimedEvent, type TrueEvent } from './event-matching.ts';

const seen = (atMs: number, direction: 'in' | 'out' = 'in'): TimedEvent => ({ atMs, direction });
const truth = (atMs: number, toleranceMs = 1000, direction: 'in' | 'out' = 'in'): TrueEvent => ({
  atMs,
  toleranceMs,
  direction,
});

function pairs({ matched }: EventMatching): [number, number][] {
  return matched.map((pair) => [pair.truth.atMs, pair.counted.atMs]);
}

test('the nearest pair gives way where more people find a partner then', () => {
  // 1000 and 1100 are nearest, but then 100 and 2000 stay alone.
  const matching = matchEvents([truth(1000), truth(1900)], [seen(100), seen(1100)]);
  expect(pairs(matching)).toEqual([
    [1000, 100],
    [1900, 1100],
  ]);
});

test('of equally many pairs the nearer are taken', () => {
  expect(pairs(matchEvents([truth(1000)], [seen(400), seen(1200), seen(1700)]))).toEqual([[1000, 1200]]);
});

test('a narrow event takes the partner in its reach, also out of the order of time', () => {
  const matching = matchEvents([truth(0, 10_000), truth(1000, 100)], [seen(1000), seen(5000)]);
  expect(pairs(matching)).toEqual([
    [0, 5000],
    [1000, 1000],
  ]);
});

test('nobody is matched against their direction or beyond the tolerance', () => {
  const matching = matchEvents([truth(1000), truth(5000, 400)], [seen(1000, 'out'), seen(5401)]);
  expect(matching).toEqual({
    matched: [],
    missed: [truth(1000), truth(5000, 400)],
    extra: [seen(1000, 'out'), seen(5401)],
  });
});

test('somebody counted twice is one match and one extra', () => {
  expect(matchEvents([truth(1000)], [seen(990), seen(1010)]).extra).toHaveLength(1);
});

describe('over a thousand random scenes', () => {
  const scenes = Array.from({ length: 1000 }, (_, seed) => randomScene(seed));

  test('no other matching has more pairs, or as many with a smaller sum of time differences', () => {
    for (const { truths, counted } of scenes) {
      const { matched } = matchEvents(truths, counted);
      const apartMs = matched.reduce((sum, pair) => sum + Math.abs(pair.truth.atMs - pair.counted.atMs), 0);
      expect({ pairs: matched.length, apartMs }).toEqual(bestOfAll(truths, counted));
    }
  });

  test('everybody is in exactly one list', () => {
    for (const { truths, counted } of scenes) {
      const { matched, missed, extra } = matchEvents(truths, counted);
      expect(new Set([...matched.map((pair) => pair.truth), ...missed])).toEqual(new Set(truths));
      expect(new Set([...matched.map((pair) => pair.counted), ...extra])).toEqual(new Set(counted));
      expect(matched.length + missed.length).toBe(truths.length);
      expect(matched.length + extra.length).toBe(counted.length);
    }
  });

  test('the order in which events are given changes nothing', () => {
    for (const { truths, counted } of scenes) {
      expect(matchEvents(truths.toReversed(), counted.toReversed())).toEqual(matchEvents(truths, counted));
      expect(matchEvents(rotated(truths), rotated(counted))).toEqual(matchEvents(truths, counted));
    }
  });
});

function randomScene(seed: number): { truths: TrueEvent[]; counted: TimedEvent[] } {
  let state = seed * 2 + 1;
  const below = (limit: number): number => {
    state = Math.imul(state, 48271) % 2147483647;
    return Math.abs(state) % limit;
  };
  const direction = (): 'in' | 'out' => (below(4) === 0 ? 'out' : 'in');
  const truths = Array.from({ length: below(6) }, () => truth(below(60) * 50, 50 + below(16) * 50, direction()));
  const counted = Array.from({ length: below(6) }, () => seen(below(60) * 50, direction()));
  return { truths, counted };
}

/** Tries everything. */
function bestOfAll(truths: readonly TrueEvent[], counted: readonly TimedEvent[]): { pairs: number; apartMs: number } {
  const [first, ...rest] = truths;
  if (first === undefined) return { pairs: 0, apartMs: 0 };
  let best = bestOfAll(rest, counted);
  counted.forEach((candidate, index) => {
    const apartMs = Math.abs(candidate.atMs - first.atMs);
    if (candidate.direction !== first.direction || apartMs > first.toleranceMs) return;
    const other = bestOfAll(rest, counted.toSpliced(index, 1));
    const mine = { pairs: other.pairs + 1, apartMs: other.apartMs + apartMs };
    if (mine.pairs > best.pairs || (mine.pairs === best.pairs && mine.apartMs < best.apartMs)) best = mine;
  });
  return best;
}

function rotated<T>(values: readonly T[]): T[] {
  return [...values.slice(2), ...values.slice(0, 2)];
}
