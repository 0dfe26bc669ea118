import { expect, test } from 'vitest';
import { SKEW_BINS, skewBin, type SkewReport } from '#protocol/skew.ts';
import { SkewLedger } from './skew-ledger.ts';

function report(mode: SkewReport['mode'], skewMs: number, frames: number, camera = 'hall'): SkewReport {
  const counts = new Array<number>(SKEW_BINS).fill(0);
  counts[skewBin(skewMs)] = frames;
  return { camera, mode, isEstimated: false, frames: counts, unmatched: 1 };
}

test('what several pages report of a camera adds up, each mode for itself', () => {
  const ledger = new SkewLedger(() => 0);
  ledger.add(report('live', 100, 60), {});
  ledger.add(report('live', 0, 40), {});
  ledger.add(report('exact', 0, 10), {});
  ledger.add(report('live', 1_000, 500, 'door'), {});
  expect(ledger.summary('hall').seen).toEqual([
    {
      mode: 'live',
      isEstimated: false,
      frames: 100,
      unmatched: 2,
      p50Ms: expect.closeTo(83.3, 1) as number,
      p95Ms: expect.closeTo(98.3, 1) as number,
    },
    { mode: 'exact', isEstimated: false, frames: 10, unmatched: 1, p50Ms: 0, p95Ms: 0 },
  ]);
});

test('a page that reports more often than every five seconds is not listened to', () => {
  let nowMs = 0;
  const ledger = new SkewLedger(() => nowMs);
  const page = {};
  ledger.add(report('live', 0, 10), page);
  nowMs = 4_000;
  ledger.add(report('live', 0, 10), page);
  nowMs = 9_000;
  ledger.add(report('live', 0, 10), page);
  expect(ledger.summary('hall').seen[0]?.frames).toBe(20);
});

test('after ten minutes a report is forgotten', () => {
  let nowMs = 0;
  const ledger = new SkewLedger(() => nowMs);
  ledger.add(report('live', 0, 10), {});
  nowMs = 9 * 60_000;
  expect(ledger.summary('hall').seen).toHaveLength(1);
  nowMs = 10 * 60_000;
  expect(ledger.summary('hall').seen).toEqual([]);
});

test('it keeps no more cameras than a product may have', () => {
  const ledger = new SkewLedger(() => 0);
  for (let i = 0; i < 1_100; i += 1) ledger.add(report('live', 0, 1, `camera-${String(i)}`), {});
  expect(ledger.summary('camera-999').seen).toHaveLength(1);
  expect(ledger.summary('camera-1000').seen).toEqual([]);
});
