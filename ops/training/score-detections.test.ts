import { describe, expect, it } from 'vitest';
import { checkSeed } from './clips.ts';
import { averagePrecision, judgeFrame, scoreAt, type TruthBox } from './score-detections.ts';

const box = (x: number): TruthBox['box'] => ({ x1: x, y1: 0.2, x2: x + 0.1, y2: 0.6 });

describe('scoring a frame', () => {
  it('finds each person once: a second box on the same person is false', () => {
    const detections = [
      { box: box(0.1), score: 0.9 },
      { box: box(0.11), score: 0.8 },
    ];
    expect(scoreAt(0.5, judgeFrame(detections, [{ box: box(0.1), isCounted: true }]))).toEqual({
      found: 1,
      missed: 0,
      false: 1,
    });
  });

  it('neither asks for people who are hardly visible nor minds a box on them', () => {
    const truth = [{ box: box(0.1), isCounted: false }];
    expect(scoreAt(0.5, judgeFrame([{ box: box(0.1), score: 0.9 }], truth))).toEqual({ found: 0, missed: 0, false: 0 });
    expect(scoreAt(0.5, judgeFrame([], truth))).toEqual({ found: 0, missed: 0, false: 0 });
  });

  it('counts a weak detection as a miss', () => {
    const truth = [{ box: box(0.1), isCounted: true }];
    expect(scoreAt(0.5, judgeFrame([{ box: box(0.1), score: 0.4 }], truth))).toEqual({ found: 0, missed: 1, false: 0 });
  });
});

describe('average precision', () => {
  const right = (score: number): { score: number; isRight: boolean } => ({ score, isRight: true });
  const wrong = (score: number): { score: number; isRight: boolean } => ({ score, isRight: false });

  it('is 1 when everybody is found before anything false', () => {
    expect(averagePrecision({ verdicts: [wrong(0.2), right(0.9), right(0.5)], wanted: 2 })).toBe(1);
  });

  it('weighs each step of recall with the best precision from there on', () => {
    // Precision 1 up to a recall of 1/4, then 2/3 up to 1/2; the other two people are never found.
    const verdicts = [right(0.9), wrong(0.8), right(0.7), wrong(0.6)];
    expect(averagePrecision({ verdicts, wanted: 4 })).toBeCloseTo(0.25 * 1 + 0.25 * (2 / 3));
  });

  it('forgives an early false one where precision rises again later', () => {
    expect(averagePrecision({ verdicts: [wrong(0.9), right(0.8), right(0.7)], wanted: 2 })).toBeCloseTo(2 / 3);
  });

  it('is 0 when nobody is found', () => {
    expect(averagePrecision({ verdicts: [wrong(0.9)], wanted: 3 })).toBe(0);
    expect(averagePrecision({ verdicts: [], wanted: 0 })).toBe(0);
  });
});

it('keeps the seeds of training and of evaluation apart', () => {
  expect(() => checkSeed(1_000_000, 'training')).toThrow(/not for training/);
  expect(() => checkSeed(999_999, 'evaluation')).toThrow(/not for evaluation/);
  expect(() => checkSeed(0, 'training')).toThrow(/not for training/);
  checkSeed(999_999, 'training');
  checkSeed(1_000_000, 'evaluation');
});
