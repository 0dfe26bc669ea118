import { describe, expect, it } from 'vitest';
import type { Line, Point } from '#protocol/geometry.ts';
import { lintLine } from './lint-line.ts';
import type { Walk } from './walk-log.ts';

const ASPECT = 16 / 9;
const HEIGHT = 0.2;
const WIDTH = 0.05;

/** Across the middle of the picture, lying flat. */
const door: Line = { id: 'door', name: 'Door', p1: [0.2, 0.6], p2: [0.8, 0.6], anchor: 'foot' };

function walkFrom(from: Point, to: Point, { score = 0.8, seenShare = 1, steps = 12 } = {}): Walk {
  const samples = Array.from({ length: steps }, (_, index) => {
    const x = from[0] + ((to[0] - from[0]) * index) / (steps - 1);
    const y = from[1] + ((to[1] - from[1]) * index) / (steps - 1);
    return { box: { x1: x - WIDTH / 2, y1: y - HEIGHT, x2: x + WIDTH / 2, y2: y }, score };
  });
  return { trackId: 1, samples, frames: steps / seenShare, seenFrames: steps };
}

/** Ten people spread over a way. */
function crowd(from: (index: number) => Point, to: (index: number) => Point, how = {}): Walk[] {
  return Array.from({ length: 10 }, (_, index) => walkFrom(from(index), to(index), how));
}

const throughTheDoor = crowd(
  (index) => [0.3 + index * 0.04, 0.3],
  (index) => [0.3 + index * 0.04, 0.9],
);

function codes(line: Line, walks: readonly Walk[]): string[] {
  return lintLine(line, walks, ASPECT).map(({ code }) => code);
}

describe('advice on where a line lies', () => {
  it('has nothing to say of a line that people meet squarely and whole', () => {
    expect(codes(door, throughTheDoor)).toEqual([]);
  });

  it('waits until enough people came near', () => {
    expect(codes(door, throughTheDoor.slice(0, 4))).toEqual(['too-few-people']);
    expect(codes(door, [])).toEqual(['too-few-people']);
    const elsewhere = crowd(
      () => [0.1, 0.1],
      () => [0.9, 0.1],
    );
    expect(codes(door, elsewhere)).toEqual(['too-few-people']);
  });

  it('sees that a line is hardly wider than the people who cross it', () => {
    const short: Line = { ...door, p1: [0.46, 0.6], p2: [0.54, 0.6] };
    const throughTheGap = crowd(
      () => [0.5, 0.3],
      () => [0.5, 0.9],
    );
    expect(codes(short, throughTheGap)).toEqual(['too-short']);
  });

  it('says at which end people walk past', () => {
    const short: Line = { ...door, p2: [0.5, 0.6] };
    const [advice] = lintLine(short, throughTheDoor, ASPECT);
    expect(advice).toMatchObject({ code: 'passed-by', line: 'door' });
    expect(advice?.message).toContain("line's end");
  });

  it('sees that people walk along the line', () => {
    const alongIt = crowd(
      (index) => [0.25, 0.56 + index * 0.004],
      (index) => [0.75, 0.6 + index * 0.004],
    );
    expect(codes(door, alongIt)).toContain('along-the-flow');
    expect(codes({ ...door, p1: [0.5, 0.2], p2: [0.5, 0.9] }, alongIt)).not.toContain('along-the-flow');
  });

  it('sees that people appear at the line', () => {
    const outOfADoor = crowd(
      (index) => [0.3 + index * 0.04, 0.58],
      (index) => [0.3 + index * 0.04, 0.9],
    );
    expect(codes(door, outOfADoor)).toContain('cuts-births');
  });

  it('sees that the edge of the picture cuts people off at the line', () => {
    const atTheBottom: Line = { ...door, p1: [0.2, 0.97], p2: [0.8, 0.97] };
    const inFromBelow = crowd(
      (index) => [0.3 + index * 0.04, 0.999],
      (index) => [0.3 + index * 0.04, 0.95],
      { steps: 6 },
    ).map((walk) => ({
      ...walk,
      samples: walk.samples.map(({ box, score }) => ({ box: { ...box, y2: 0.999, y1: box.y1 }, score })),
    }));
    expect(codes(atTheBottom, inFromBelow)).toContain('near-edge');
  });

  it('sees that people are hard to recognise there', () => {
    const at = (how: object): Walk[] =>
      crowd(
        (index) => [0.3 + index * 0.04, 0.3],
        (index) => [0.3 + index * 0.04, 0.9],
        how,
      );
    expect(codes(door, at({ score: 0.35 }))).toEqual(['weak-detection']);
    expect(codes(door, at({ seenShare: 0.5 }))).toEqual(['weak-detection']);
  });
});
