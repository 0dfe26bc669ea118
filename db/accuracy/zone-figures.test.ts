import { expect, test } from 'vitest';
import { occupancyFigures, visitFigures } from './zone-figures.ts';

const visit = (fromMs: number, toMs: number): { fromMs: number; toMs: number } => ({ fromMs, toMs });

test('a visit is held against the one that began and ended nearest to it', () => {
  const figures = visitFigures([visit(0, 10_000), visit(2_000, 4_000)], [visit(2_100, 4_500), visit(500, 9_000)]);
  expect(figures).toMatchObject({ missed: [], extra: [], dwellErrorMeanMs: -550, dwellErrorGreatestMs: -1_500 });
});

test('a visit counted in two parts is one visit and one that was made up', () => {
  const figures = visitFigures([visit(0, 10_000)], [visit(0, 6_000), visit(6_100, 10_000)]);
  expect(figures).toMatchObject({
    trueVisits: 1,
    countedVisits: 2,
    extra: [visit(6_100, 10_000)],
    dwellErrorMeanMs: -4_000,
  });
});

test('visits that do not overlap are not the same, however near', () => {
  const figures = visitFigures([visit(0, 1_000)], [visit(1_000, 2_000)]);
  expect(figures).toMatchObject({ missed: [visit(0, 1_000)], extra: [visit(1_000, 2_000)], dwellErrorMedianMs: null });
});

test('people near the border may be counted inside or outside', () => {
  const counted = [visit(0, 5_000), visit(0, 5_000), visit(0, 5_000)];
  const sample = (people: number, nearBorder: number): Parameters<typeof occupancyFigures>[0] => [
    { atMs: 1_000, people, nearBorder },
  ];
  expect(occupancyFigures(sample(1, 0), counted)).toMatchObject({ rightShare: 0, errorMean: 2, errorSizeMean: 2 });
  expect(occupancyFigures(sample(1, 1), counted)).toMatchObject({ rightShare: 0, errorMean: 1 });
  expect(occupancyFigures(sample(4, 1), counted)).toMatchObject({ rightShare: 1, errorMean: 0 });
});

test('one too many now and one too few then are no error in the mean, but in its size', () => {
  const samples = [0, 6_000].map((atMs, index) => ({ atMs, people: index, nearBorder: 0 }));
  expect(occupancyFigures(samples, [visit(0, 5_000)])).toMatchObject({ samples: 2, errorMean: 0, errorSizeMean: 1 });
});

test('without truth there are no figures', () => {
  expect(occupancyFigures([], [])).toMatchObject({ rightShare: null, rightShare95: null, errorMean: null });
});
