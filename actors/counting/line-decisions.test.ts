import { describe, expect, it } from 'vitest';
import type { Line, Point } from '#protocol/geometry.ts';
import { boxAround } from '#ops/testkit/walking-world.ts';
import type { Track } from '../tracking/track.ts';
import {
  createLineCounter,
  finishLineCounter,
  stepLineCounter,
  type LineCounterState,
  type LineCounterStep,
} from './line-counter.ts';

/** Upwards in the middle, with ends in the picture. Boxes are 0.0675 wide: the band is +-0.0135, what boxes shake +-0.002. */
const door: Line = { id: 'door', name: 'Door', p1: [0.5, 0.9], p2: [0.5, 0.3], anchor: 'foot' };

interface Sight {
  readonly foot: Point;
  readonly heightFrac?: number;
}

/** Every 100 ms, from the first detection on, which the tracker reports with the second; null: hidden; 'gone': given up. */
function track(id: number, sights: readonly (Sight | Point | null | 'gone')[]): (Track | null)[] {
  let last: Track | null = null;
  let detections = 0;
  let bornAtMs = 0;
  let firstBox = boxAround([0, 0], 0.3);
  return sights.map((sight, index) => {
    if (sight === 'gone') return (last = null);
    if (sight === null) return last;
    const { foot, heightFrac = 0.3 } = 'foot' in sight ? sight : { foot: sight };
    const box = boxAround(foot, heightFrac);
    detections += 1;
    if (detections === 1) {
      bornAtMs = index * 100;
      firstBox = box;
      return null;
    }
    last = { id, box, firstBox, bornAtMs, score: 0.8, velocity: [0, 0], seenAtMs: index * 100, detections };
    return last;
  });
}

function play(tracks: readonly (Track | null)[][], line = door, from?: LineCounterState) {
  let state = from ?? createLineCounter([line]);
  const steps: LineCounterStep[] = [];
  for (let index = 0; index < Math.max(...tracks.map(({ length }) => length)); index += 1) {
    const present = tracks.flatMap((one) => one[index] ?? []);
    const step = stepLineCounter(state, present, index * 100);
    steps.push(step);
    state = step.state;
  }
  const crossings = steps.flatMap((step) => step.crossings);
  const dismissals = steps.flatMap((step) => step.dismissals);
  return { state, crossings, dismissals, reasons: dismissals.map(({ reason }) => reason) };
}

const at = (...xs: number[]): Point[] => xs.map((x) => [x, 0.6]);
const walk = (...xs: number[]) => play([track(1, at(...xs))]);
const rules = ({ crossings }: { crossings: LineCounterStep['crossings'] }) =>
  crossings.map(({ direction, why }) => `${direction} ${why.rule}`);

describe('a crossing says why it counted:', () => {
  it('the sides, the meetings, the time in sight and the line as it was', () => {
    const [crossing] = walk(0.4, 0.42, 0.44, 0.503, 0.497, 0.503, 0.56).crossings;
    expect(crossing?.why).toEqual({
      rule: 'both-sides',
      from: 'left',
      to: 'right',
      meetings: 3,
      ageMs: 600,
      bandBoxes: 0.2,
      segment: [door.p1, door.p2],
      anchor: 'foot',
    });
  });

  it('time out of sight makes nobody older', () => {
    const young = play([track(1, [...at(0.4, 0.42), null, null, null, null, ...at(0.6)])]);
    expect(young.crossings).toEqual([]);
    const old = play([track(1, [...at(0.38, 0.4, 0.42, 0.44), null, null, ...at(0.6)])]);
    expect(old.crossings[0]?.why.ageMs).toBe(300);
  });
});

describe('who is first seen at the line', () => {
  it('is counted when they leave on the other side of it', () => {
    expect(rules(walk(0.492, 0.5, 0.508, 0.53, 0.56))).toEqual(['in first-seen-at-line']);
  });

  it('is not when they leave on the side where they were first seen', () => {
    const { crossings, reasons } = walk(0.492, 0.49, 0.48, 0.46, 0.44);
    expect([crossings, reasons]).toEqual([[], []]);
  });

  it('is not when they were first seen on the line itself: they may come from either side', () => {
    // As near as boxes shake, then at once beyond the band.
    const { crossings, reasons } = walk(0.501, 0.54, 0.56, 0.58, 0.6);
    expect([crossings, reasons]).toEqual([[], ['began-on-line']]);
  });

  it('is counted from the side to which they clearly move first', () => {
    expect(rules(walk(0.501, 0.494, 0.492, 0.5, 0.51, 0.55))).toEqual(['in first-seen-at-line']);
  });
});

describe('who is last seen at the line', () => {
  it('is counted when that was past it, once they are given up', () => {
    const before = play([track(1, [...at(0.4, 0.43, 0.46, 0.48, 0.495, 0.508), null])]);
    expect(before.crossings).toEqual([]);
    const after = play([track(1, [...at(0.4, 0.43, 0.46, 0.48, 0.495, 0.508), null, 'gone'])]);
    expect(rules(after)).toEqual(['in last-seen-at-line']);
    expect(after.crossings[0]?.crossedAtMs).toBeCloseTo(438, 0);
  });

  it('is not when that was on the line or before it', () => {
    for (const last of [0.501, 0.494]) {
      const { crossings, reasons } = play([track(1, [...at(0.4, 0.43, 0.46, 0.48, 0.49, last), 'gone'])]);
      expect([crossings, reasons]).toEqual([[], ['ended-on-line']]);
    }
  });

  it('is not when they were in sight for too short a time', () => {
    const { crossings, reasons } = play([track(1, [...at(0.47, 0.49, 0.508), 'gone'])]);
    expect([crossings, reasons]).toEqual([[], ['too-young']]);
  });

  it('is decided at the end of everything, too', () => {
    const { state } = play([track(1, at(0.4, 0.43, 0.46, 0.48, 0.495, 0.508))]);
    expect(rules({ crossings: [...finishLineCounter(state).crossings] })).toEqual(['in last-seen-at-line']);
  });
});

describe('a near miss says why it did not count:', () => {
  it('turned back in the band', () => {
    const { crossings, dismissals } = walk(0.4, 0.44, 0.48, 0.505, 0.495, 0.47);
    expect(crossings).toEqual([]);
    expect(dismissals).toMatchObject([{ reason: 'turned-back', line: 'door', trackId: 1, atMs: 500, ageMs: 500 }]);
    expect(dismissals[0]?.path).toHaveLength(6);
  });

  it('turned back outside of it: that is none', () => {
    expect(walk(0.4, 0.44, 0.48, 0.45, 0.41).dismissals).toEqual([]);
  });

  it('passed the end of the line within a box of it', () => {
    const round = (y: number) =>
      play([
        track(
          1,
          [0.4, 0.43, 0.46, 0.53, 0.56].map((x): Point => [x, y]),
        ),
      ]);
    expect(round(0.2).reasons).toEqual(['passed-end']);
    expect(round(1.1).reasons).toEqual(['passed-end']);
    // The line's last third of a box: 0.3 high, so 0.05 is more than a box away.
    expect(round(-0.05).reasons).toEqual([]);
  });
});

describe('a line with a time for coming back', () => {
  const patient: Line = { ...door, reentryMs: 500 };
  const there = at(0.4, 0.43, 0.46, 0.48, 0.52, 0.54);

  it('counts neither way who comes back within it', () => {
    const { crossings, dismissals } = play(
      [track(1, [...there, ...at(0.5, 0.46, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4)])],
      patient,
    );
    expect(crossings).toEqual([]);
    expect(dismissals.map(({ reason, atMs }) => [reason, Math.round(atMs)])).toEqual([
      ['re-entry', 350],
      ['re-entry', 600],
    ]);
  });

  it('counts both ways who comes back later', () => {
    const { crossings } = play(
      [track(1, [...there, ...at(0.56, 0.56, 0.57, 0.44, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4)])],
      patient,
    );
    expect(crossings.map(({ direction }) => direction)).toEqual(['in', 'out']);
  });

  it('counts who stays away when the time is over, with the time of the crossing, or at the end of everything', () => {
    const early = play([track(1, [...there, ...at(0.6, 0.6)])], patient);
    expect(early.crossings).toEqual([]);
    expect(finishLineCounter(early.state).crossings).toHaveLength(1);
    const late = play([track(1, [...there, ...at(0.6, 0.6, 0.6, 0.6)])], patient);
    expect(late.crossings.map(({ crossedAtMs }) => Math.round(crossedAtMs))).toEqual([350]);
  });

  it('does not take somebody else for the one who comes back', () => {
    const other = at(0.6, 0.58, 0.56, 0.54, 0.53, 0.52, 0.48, 0.46, 0.44, 0.42, 0.4, 0.4, 0.4, 0.4, 0.4);
    const { crossings } = play([track(1, [...there, ...at(...Array<number>(9).fill(0.6))]), track(2, other)], patient);
    expect(crossings.map(({ direction }) => direction)).toEqual(['in', 'out']);
  });
});

describe('a pushchair', () => {
  const pushing = Array.from({ length: 30 }, (_, index) => 0.2 + 0.02 * index);
  const adult = track(1, at(...pushing));
  const passenger = (heightFrac: number, ahead: number, y = 0.6) =>
    track(
      2,
      pushing.map((x): Sight => ({ foot: [x + ahead, y], heightFrac })),
    );

  it('is one person: whose passenger is small and always beside somebody grown does not count', () => {
    const { crossings, reasons } = play([adult, passenger(0.13, 0.08)]);
    expect(crossings.map(({ trackId }) => trackId)).toEqual([1]);
    expect(reasons).toEqual(['pushed-along']);
  });

  it('is not seen in two people of one size, in one far behind, nor in a child who walks at a distance', () => {
    for (const other of [passenger(0.25, 0.08), passenger(0.13, 0.08, 0.45), passenger(0.13, 0.16)]) {
      expect(
        play([adult, other])
          .crossings.map(({ trackId }) => trackId)
          .sort(),
      ).toEqual([1, 2]);
    }
  });

  it('is not seen in somebody small who only passes somebody grown', () => {
    const against = track(
      2,
      pushing.toReversed().map((x): Sight => ({ foot: [x, 0.6], heightFrac: 0.13 })),
    );
    expect(play([adult, against]).crossings).toHaveLength(2);
  });
});

describe('the tally of a line', () => {
  it('has one entry for each crossing when ids hold', () => {
    expect(walk(0.4, 0.43, 0.46, 0.5, 0.53, 0.5, 0.46).state.tallies).toEqual({ door: { entered: 2, counted: 2 } });
  });

  it('has an entry for a leap over the band, for a new id in it, and for turning back in it', () => {
    expect(walk(0.4, 0.42, 0.44, 0.46, 0.6).state.tallies).toEqual({ door: { entered: 1, counted: 1 } });
    expect(walk(0.5, 0.5).state.tallies).toEqual({ door: { entered: 1, counted: 0 } });
    expect(walk(0.4, 0.44, 0.49, 0.44).state.tallies).toEqual({ door: { entered: 1, counted: 0 } });
  });

  it('has none for a way beside the line or past its end', () => {
    expect(walk(0.4, 0.45, 0.4).state.tallies).toEqual({});
    const past = at(0.4, 0.5, 0.6).map(([x]): Point => [x, 0.1]);
    expect(play([track(1, past)]).state.tallies).toEqual({});
  });
});
