import { expect, test } from 'vitest';
import { SKEW_BINS, skewBin } from '#protocol/skew.ts';
import { SkewGauge } from './skew.ts';

test('tells the median and the 95th percentile of the last frames', () => {
  const gauge = new SkewGauge();
  expect(gauge.read()).toBeNull();
  for (let i = 0; i < 400; i += 1) gauge.add(999, false);
  for (let i = 0; i < 240; i += 1) gauge.add(i % 10 === 0 ? 40 : 0, true);
  expect(gauge.read()).toEqual({ medianMs: 0, p95Ms: 40, estimated: true });
});

test('a report counts each frame once, also those without boxes', () => {
  const gauge = new SkewGauge();
  gauge.add(0, false);
  gauge.add(40, false);
  gauge.add(null, false);
  const frames = new Array<number>(SKEW_BINS).fill(0);
  frames[0] = 1;
  frames[skewBin(40)] = 1;
  expect(gauge.take()).toEqual({ isEstimated: false, frames, unmatched: 1 });
  expect(gauge.take()).toBeNull();
});

test('another way of showing boxes starts anew', () => {
  const gauge = new SkewGauge();
  gauge.add(200, false);
  gauge.restart();
  expect(gauge.read()).toBeNull();
  expect(gauge.take()).toBeNull();
});
