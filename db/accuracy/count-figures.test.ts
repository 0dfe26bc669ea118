import { expect, test } from 'vitest';
import { countFigures } from './count-figures.ts';
import { matchEvents, type TimedEvent, type TrueEvent } from './event-matching.ts';

const seen = (atMs: number, direction: 'in' | 'out' = 'in'): TimedEvent => ({ atMs, direction });
const truth = (atMs: number, direction: 'in' | 'out' = 'in'): TrueEvent => ({ atMs, direction, toleranceMs: 1000 });
const stretch = (
  truths: TrueEvent[],
  counted: TimedEvent[],
  untilMs = 60_000,
): Parameters<typeof countFigures>[0][0] => ({
  fromMs: 0,
  untilMs,
  matchings: [matchEvents(truths, counted)],
});

test('precision and recall are shares of the counted and of the true', () => {
  const figures = countFigures([stretch([truth(1000), truth(5000), truth(9000, 'out')], [seen(1200), seen(20_000)])]);
  expect(figures).toMatchObject({ eventPrecision: 1 / 2, eventRecall: 1 / 3, timeErrorMedianMs: 200 });
  expect(figures.eventRecall95?.[0]).toBeCloseTo(0.0615, 3);
});

test('a pair whose times lie in two seconds is no error', () => {
  const figures = countFigures([stretch([truth(29_900)], [seen(30_100)])]);
  expect(figures.errorInterval95).toEqual([0, 0]);
});

test('errors are counted minus true, and those of one direction leave the other alone', () => {
  const everySecond = Array.from({ length: 60 }, (_, second) => seen(second * 1000 + 500, 'out'));
  const figures = countFigures([stretch([], everySecond)]);
  expect(figures).toMatchObject({
    errorInterval95: [60, 60],
    errorInterval95In: [0, 0],
    errorInterval95Out: [60, 60],
    eventPrecision: 0,
    eventRecall: null,
    eventRecall95: null,
  });
});

test('a short clip alone has no interval, several together have one', () => {
  const short = stretch([truth(1000)], [], 12_000);
  expect(countFigures([short]).errorInterval95).toBeNull();
  expect(countFigures([short, short, short]).errorInterval95).not.toBeNull();
});

test('lines of one stretch share its time', () => {
  const one = matchEvents([truth(1000)], []);
  const both = countFigures([{ fromMs: 0, untilMs: 30_000, matchings: [one, one] }]);
  const apart = countFigures([stretch([truth(1000)], [], 30_000), stretch([truth(1000)], [], 30_000)]);
  expect(both.errorInterval95?.[0]).not.toBe(apart.errorInterval95?.[0]);
});
