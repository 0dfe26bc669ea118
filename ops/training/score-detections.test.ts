import { describe, expect, it } from 'vitest';
import { checkSeed } from './clips.ts';
import { scoreFrame, type TruthBox } from './score-detections.ts';

const box = (x: number): TruthBox['box'] => ({ x1: x, y1: 0.2, x2: x + 0.1, y2: 0.6 });

describe('scoring a frame', () => {
  it('finds each person once: a second box on the same person is false', () => {
    const detections = [
      { box: box(0.1), score: 0.9 },
      { box: box(0.11), score: 0.8 },
    ];
    expect(scoreFrame(detections, [{ box: box(0.1), isCounted: true }], 0.5)).toEqual({
      found: 1,
      missed: 0,
      false: 1,
    });
  });

  it('neither asks for people who are hardly visible nor minds a box on them', () => {
    const truth = [{ box: box(0.1), isCounted: false }];
    expect(scoreFrame([{ box: box(0.1), score: 0.9 }], truth, 0.5)).toEqual({ found: 0, missed: 0, false: 0 });
    expect(scoreFrame([], truth, 0.5)).toEqual({ found: 0, missed: 0, false: 0 });
  });

  it('counts a weak detection as a miss', () => {
    const truth = [{ box: box(0.1), isCounted: true }];
    expect(scoreFrame([{ box: box(0.1), score: 0.4 }], truth, 0.5)).toEqual({ found: 0, missed: 1, false: 0 });
  });
});

it('keeps the seeds of training and of evaluation apart', () => {
  expect(() => checkSeed(1_000_000, 'training')).toThrow(/not for training/);
  expect(() => checkSeed(999_999, 'evaluation')).toThrow(/not for evaluation/);
  expect(() => checkSeed(0, 'training')).toThrow(/not for training/);
  checkSeed(999_999, 'training');
  checkSeed(1_000_000, 'evaluation');
});
