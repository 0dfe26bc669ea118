import { describe, expect, it } from 'vitest';
import type { Line, Point } from '#protocol/geometry.ts';
import { boxAround } from '#ops/testkit/walking-world.ts';
import type { Track } from '../tracking/track.ts';
import { createLineCounter, stepLineCounter, withLines, type LineCounterState } from './line-counter.ts';
import type { LineCrossing } from './line-event.ts';

/** Upwards in the middle: left of it is left on the screen. Boxes below are 0.0675 wide, so the band is +-0.0122. */
const door: Line = { id: 'door', name: 'Door', p1: [0.5, 0.9], p2: [0.5, 0.3], anchor: 'foot' };

function trackAt(foot: Point, timeMs: number, also: Partial<Track> = {}): Track {
  const box = boxAround(foot, 0.3);
  return {
    id: 7,
    box,
    firstBox: box,
    score: 0.8,
    velocity: [0, 0],
    bornAtMs: -5000,
    seenAtMs: timeMs,
    detections: 9,
    ...also,
  };
}

/** One foot point every 100 ms; null: hidden. */
function pass(
  feet: readonly (Point | null)[],
  state = createLineCounter([door]),
  also: Partial<Track> = {},
): LineCrossing[] {
  let counter: LineCounterState = state;
  let last = trackAt([0, 0], -1);
  return feet.flatMap((foot, index) => {
    const timeMs = index * 100;
    last = foot === null ? last : trackAt(foot, timeMs, also);
    const next = stepLineCounter(counter, [last], timeMs);
    counter = next.state;
    return next.crossings;
  });
}

const at = (...xs: number[]): Point[] => xs.map((x) => [x, 0.6]);
const directions = (crossings: readonly LineCrossing[]) => crossings.map(({ direction }) => direction);

describe('the line counter', () => {
  it('counts left to right as in and right to left as out', () => {
    expect(directions(pass(at(0.4, 0.6)))).toEqual(['in']);
    expect(directions(pass(at(0.6, 0.4)))).toEqual(['out']);
  });

  it('says who crossed, when between the frames, and on which way', () => {
    const [crossing] = pass(at(0.3, 0.4, 0.65));
    expect(crossing).toMatchObject({ line: 'door', direction: 'in', trackId: 7, score: 0.8, detections: 9 });
    expect(crossing?.crossedAtMs).toBeCloseTo(140);
    expect(crossing?.boxHeightFrac).toBeCloseTo(0.3);
    expect(crossing?.path).toEqual(at(0.3, 0.4, 0.65));
  });

  it('counts once however long somebody sways inside the band', () => {
    expect(directions(pass(at(0.4, 0.495, 0.505, 0.495, 0.505, 0.498, 0.507, 0.6)))).toEqual(['in']);
  });

  it('takes the last meeting as the time of a hesitant crossing', () => {
    const [crossing] = pass(at(0.4, 0.505, 0.495, 0.505, 0.6));
    expect(crossing?.crossedAtMs).toBeCloseTo(250);
  });

  it('does not count turning back inside the band', () => {
    expect(pass(at(0.4, 0.505, 0.508, 0.4))).toEqual([]);
  });

  it('counts both ways when somebody turns back beyond the band', () => {
    expect(directions(pass(at(0.4, 0.52, 0.4)))).toEqual(['in', 'out']);
  });

  it('does not count a way round the end of the line', () => {
    expect(
      pass([
        [0.4, 0.6],
        [0.4, 0.25],
        [0.6, 0.25],
        [0.6, 0.6],
      ]),
    ).toEqual([]);
  });

  it('counts the way back through the line after a way round its end', () => {
    expect(
      directions(
        pass([
          [0.4, 0.6],
          [0.4, 0.25],
          [0.6, 0.25],
          [0.6, 0.6],
          [0.4, 0.6],
        ]),
      ),
    ).toEqual(['out']);
  });

  it('does not count a way round the end after going through and back inside the band', () => {
    const way: Point[] = [
      [0.4, 0.35],
      [0.505, 0.35],
      [0.495, 0.35],
      [0.495, 0.25],
      [0.6, 0.25],
    ];
    expect(pass(way)).toEqual([]);
  });

  it('closes the way round an end that reaches the edge of the picture', () => {
    const toEdge = { ...door, p1: [0.5, 0.99] as Point };
    const below: Point[] = [
      [0.4, 1.01],
      [0.6, 1.01],
    ];
    expect(directions(pass(below, createLineCounter([toEdge])))).toEqual(['in']);
    expect(pass(below)).toEqual([]);
  });

  it('closes the way round an end at the side of the picture', () => {
    const toSide: Line = { ...door, p1: [0.01, 0.6], p2: [0.5, 0.6] };
    const outside: Point[] = [
      [-0.01, 0.5],
      [-0.01, 0.7],
    ];
    expect(directions(pass(outside, createLineCounter([toSide])))).toEqual(['in']);
    expect(pass(outside, createLineCounter([{ ...toSide, p1: [0.1, 0.6] }]))).toEqual([]);
  });

  it('leaves open the way round a line that only runs along the edge', () => {
    const along: Line = { ...door, p1: [0.2, 0.985], p2: [0.6, 0.985] };
    expect(
      pass(
        [
          [0.7, 0.8],
          [0.7, 1.2],
        ],
        createLineCounter([along]),
      ),
    ).toEqual([]);
  });

  it('does not count somebody first seen inside the band', () => {
    expect(pass(at(0.5, 0.55, 0.6))).toEqual([]);
  });

  it('counts somebody followed for too short a time as soon as they are old enough, with the time they crossed', () => {
    const [crossing, ...more] = pass(at(0.45, 0.55, 0.56, 0.57, 0.58), createLineCounter([door]), { bornAtMs: 0 });
    expect(crossing?.crossedAtMs).toBeCloseTo(50);
    expect(more).toEqual([]);
    expect(pass(at(0.45, 0.55, 0.56), createLineCounter([door]), { bornAtMs: 0 })).toEqual([]);
  });

  it('does not believe a hidden person crossed until they are seen beyond', () => {
    expect(pass([[0.4, 0.6], null, null])).toEqual([]);
    const [crossing] = pass([[0.4, 0.6], null, null, null, [0.6, 0.6]]);
    expect(crossing?.crossedAtMs).toBeCloseTo(200);
  });

  it('measures the band by the height of the box where the line lies flat, at any angle of it', () => {
    const flat: Line = { ...door, p1: [0.1, 0.6], p2: [0.9, 0.6] };
    const down = (...ys: number[]): Point[] => ys.map((y) => [0.5, y]);
    expect(pass(down(0.5, 0.65), createLineCounter([flat]))).toEqual([]);
    expect(directions(pass(down(0.5, 0.66), createLineCounter([flat])))).toEqual(['in']);
  });

  it('counts by the anchor the line asks for', () => {
    const flat: Line = { ...door, p1: [0.1, 0.4], p2: [0.9, 0.4], anchor: 'head' };
    // The head comes down from 0.3 to 0.5 while the feet go from 0.6 to 0.8.
    expect(
      directions(
        pass(
          [
            [0.5, 0.6],
            [0.5, 0.8],
          ],
          createLineCounter([flat]),
        ),
      ),
    ).toEqual(['in']);
    expect(
      pass(
        [
          [0.5, 0.6],
          [0.5, 0.8],
        ],
        createLineCounter([{ ...flat, anchor: 'foot' }]),
      ),
    ).toEqual([]);
  });

  it('keeps a long path within 32 points', () => {
    const wander = Array.from({ length: 200 }, (_, step): Point => [
      0.3 + 0.001 * step,
      0.6 + 0.1 * Math.sin(step / 5),
    ]);
    const crossing = pass([...wander, [0.6, 0.6]]).at(-1);
    expect(crossing?.path).toHaveLength(32);
    expect(crossing?.path[0]).toEqual(wander[0]);
  });

  it('does nothing with a frame that is not newer than the last', () => {
    const { state } = stepLineCounter(createLineCounter([door]), [trackAt([0.4, 0.6], 100)], 100);
    expect(stepLineCounter(state, [trackAt([0.6, 0.6], 100)], 100)).toEqual({
      state,
      crossings: [],
      dismissals: [],
    });
  });
});

describe('withLines', () => {
  const halfway = () => stepLineCounter(createLineCounter([door]), [trackAt([0.4, 0.6], -100)], -100).state;

  it('keeps who stands where to a line that only got another name or a new neighbour', () => {
    const other: Line = { ...door, id: 'other', p1: [0.2, 0.9], p2: [0.2, 0.3] };
    expect(directions(pass(at(0.6), withLines(halfway(), [other, { ...door, name: 'Main door' }])))).toEqual(['in']);
  });

  it('asks anew where everybody stands to a line that moved', () => {
    const moved = { ...door, p2: [0.5, 0.31] as Point };
    expect(pass(at(0.6), withLines(halfway(), [moved]))).toEqual([]);
    expect(directions(pass(at(0.6, 0.4), withLines(halfway(), [moved])))).toEqual(['out']);
  });

  it('counts nothing for a line that is gone', () => {
    expect(pass(at(0.6), withLines(halfway(), []))).toEqual([]);
  });
});
