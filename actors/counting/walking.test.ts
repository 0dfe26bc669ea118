import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Line, Point } from '#protocol/geometry.ts';
import {
  boxAround,
  footAt,
  seededRandom,
  trueCrossings,
  walk,
  watch,
  type WatchedFrame,
  type Walker,
  type Watching,
} from '#ops/testkit/walking-world.ts';
import type { Track } from '../tracking/track.ts';
import { createTracker, stepTracker, type TrackerState } from '../tracking/tracker.ts';
import { createLineCounter, stepLineCounter, type LineCounterState } from './line-counter.ts';
import type { LineCrossing } from './line-event.ts';

/** From boxes to crossings: the tracker and the counter together, on people whose true ways are known. */

const upright: Line = { id: 'upright', name: 'Upright', p1: [0.5, 1], p2: [0.5, 0], anchor: 'foot' };
const flat: Line = { id: 'flat', name: 'Flat', p1: [0, 0.65], p2: [1, 0.65], anchor: 'foot' };
const camera = { jitter: 0.04, missed: 0.02, missedForMs: 120, lateMs: 5, hasOcclusion: true };
const rates = [25, 15, 10, 5];

interface Session {
  readonly tracker: TrackerState;
  readonly counter: LineCounterState;
}

function start(lines: readonly Line[]): Session {
  return { tracker: createTracker(), counter: createLineCounter(lines) };
}

function count(frames: readonly WatchedFrame[], from: Session): { session: Session; crossings: LineCrossing[] } {
  let { tracker, counter } = from;
  const crossings = frames.flatMap(({ detections, timeMs }) => {
    const followed = stepTracker(tracker, detections, timeMs);
    const counted = stepLineCounter(counter, followed.tracks, timeMs);
    tracker = followed.state;
    counter = counted.state;
    return counted.crossings;
  });
  return { session: { tracker, counter }, crossings };
}

const flipped = (line: Line): Line => ({ ...line, p1: line.p2, p2: line.p1 });
const tally = (crossings: readonly { readonly direction: string }[]) => ({
  in: crossings.filter(({ direction }) => direction === 'in').length,
  out: crossings.filter(({ direction }) => direction === 'out').length,
});

/** Counts many seeds of one case and compares each with its truth. */
function expectExact(
  make: (random: () => number) => Walker[],
  line: Line,
  watching: Omit<Watching, 'seed' | 'fps'> = camera,
): void {
  for (const fps of rates) {
    for (let seed = 1; seed <= 12; seed += 1) {
      const walkers = make(seededRandom(seed * 7919));
      const { crossings } = count(watch(walkers, { ...watching, seed, fps }), start([line]));
      expect({ fps, seed, ...tally(crossings) }).toEqual({ fps, seed, ...tally(trueCrossings(walkers, line)) });
    }
  }
}

const between = (random: () => number, least: number, most: number) => least + (most - least) * random();

describe('at 25, 15, 10 and 5 frames a second, with shaking boxes and missed detections,', () => {
  it('one person walking through is counted once, in their direction', () => {
    expectExact((random) => {
      const y = between(random, 0.45, 0.95);
      const way: Point[] = [
        [0.1, y],
        [0.9, y],
      ];
      return [walk(0, between(random, 3000, 8000), random() < 0.5 ? way : way.reverse())];
    }, upright);
  });

  it('two who cross against each other are counted one in, one out', () => {
    expectExact((random) => {
      const y = between(random, 0.55, 0.8);
      const durationMs = between(random, 3500, 6000);
      const other = y + between(random, 0.02, 0.08);
      return [
        walk(0, durationMs, [
          [0.1, y],
          [0.9, y],
        ]),
        walk(between(random, -300, 300), durationMs, [
          [0.9, other],
          [0.1, other],
        ]),
      ];
    }, upright);
  });

  it('two who come towards the camera abreast are counted twice', () => {
    expectExact((random) => {
      const x = between(random, 0.3, 0.6);
      const other = x + between(random, 0.07, 0.12);
      return [
        walk(0, 4000, [
          [x, 0.4],
          [x, 0.95],
        ]),
        walk(0, 4000, [
          [other, 0.41],
          [other, 0.96],
        ]),
      ];
    }, flat);
  });

  it('five who come towards the camera in a row are counted five times', () => {
    expectExact(
      (random) =>
        Array.from({ length: 5 }, (_, place) => {
          const x = 0.25 + 0.1 * place + between(random, -0.01, 0.01);
          return walk(between(random, 0, 400), between(random, 3500, 4500), [
            [x, 0.4],
            [x, 0.95],
          ]);
        }),
      flat,
    );
  });

  it('somebody who turns round beyond the line is counted in and out, one who turns before it never', () => {
    const turning = (x: number) => (random: () => number) => {
      const y = between(random, 0.5, 0.9);
      return [
        walk(0, 8000, [
          [0.1, y],
          [x, y],
          [0.1, y],
        ]),
      ];
    };
    expectExact(turning(0.62), upright);
    expectExact(turning(0.47), upright);
  });

  it('somebody who stands on the line for ten seconds is counted once, when they go on', () => {
    expectExact((random) => {
      const y = between(random, 0.5, 0.9);
      const here: Point = [0.5 + between(random, -0.005, 0.005), y];
      const coming = walk(0, 2500, [[0.1, y], here]).way;
      const going = walk(12_500, 2500, [here, [0.9, y]]).way;
      return [{ way: [...coming, ...going], heightFrac: 0.3 }];
    }, upright);
  });

  it('somebody who passes beyond the end of the line is never counted', () => {
    expectExact(
      (random) => {
        const y = between(random, 0.8, 0.95);
        return [
          walk(0, 5000, [
            [0.1, y],
            [0.9, y],
          ]),
        ];
      },
      { ...upright, p1: [0.5, 0.7], p2: [0.5, 0.3] },
    );
  });

  it('a detector that flickers, one box in six missing and ghosts between, changes no count', () => {
    expectExact(
      (random) => {
        const y = between(random, 0.5, 0.9);
        return [
          walk(0, 5000, [
            [0.1, y],
            [0.9, y],
          ]),
        ];
      },
      upright,
      { jitter: 0.04, missed: 1 / 6, ghosts: 0.05 },
    );
  });

  it('a pause of a second in the middle of the crossing changes no count', () => {
    for (const fps of rates) {
      const walker = walk(0, 5000, [
        [0.1, 0.8],
        [0.9, 0.8],
      ]);
      const frames = watch([walker], { ...camera, seed: 5, fps }).filter(
        ({ timeMs }) => timeMs < 2000 || timeMs > 3000,
      );
      expect(tally(count(frames, start([upright])).crossings)).toEqual({ in: 1, out: 0 });
    }
  });

  it('the time of a crossing is right within a quarter of a second', () => {
    for (const fps of rates) {
      const walkers = [
        walk(0, 5000, [
          [0.1, 0.8],
          [0.9, 0.8],
        ]),
      ];
      const { crossings } = count(watch(walkers, { ...camera, seed: 2, fps }), start([upright]));
      expect(Math.abs((crossings[0]?.crossedAtMs ?? 0) - (trueCrossings(walkers, upright)[0]?.tMs ?? 0))).toBeLessThan(
        250,
      );
    }
  });
});

const point: fc.Arbitrary<Point> = fc.tuple(
  fc.double({ min: 0.1, max: 0.9, noNaN: true }),
  fc.double({ min: 0.4, max: 0.98, noNaN: true }),
);
const crowd = fc.array(
  fc
    .tuple(
      fc.integer({ min: 0, max: 3000 }),
      fc.integer({ min: 2000, max: 9000 }),
      fc.array(point, { minLength: 2, maxLength: 5 }),
    )
    .map(([startMs, durationMs, feet]) => walk(startMs, durationMs, feet)),
  { minLength: 1, maxLength: 6 },
);
const watching = fc.record({
  seed: fc.nat(),
  fps: fc.constantFrom(5, 10, 15, 25),
  jitter: fc.constantFrom(0, 0.04, 0.1),
  missed: fc.constantFrom(0, 0.1),
  dropped: fc.constantFrom(0, 0.1),
  lateMs: fc.constantFrom(0, 10),
  ghosts: fc.constantFrom(0, 0.1),
  hasOcclusion: fc.boolean(),
});
const line = fc
  .tuple(point, point)
  .filter(([p1, p2]) => Math.hypot(p2[0] - p1[0], p2[1] - p1[1]) > 0.1)
  .map(([p1, p2]): Line => ({ id: 'line', name: 'Line', p1, p2, anchor: 'foot' }));

describe('whatever people do and a camera sees of it,', () => {
  it('a line drawn the other way round swaps in and out and changes nothing else', () => {
    fc.assert(
      fc.property(crowd, watching, line, (walkers, how, drawn) => {
        const frames = watch(walkers, how);
        const one = count(frames, start([drawn])).crossings;
        const other = count(frames, start([flipped(drawn)])).crossings;
        const core = ({ trackId, direction }: LineCrossing) => [trackId, direction];
        expect(other.map(core)).toEqual(
          one.map(({ trackId, direction }) => [trackId, direction === 'in' ? 'out' : 'in']),
        );
        other.forEach(({ crossedAtMs }, index) => expect(crossedAtMs).toBeCloseTo(one[index]?.crossedAtMs ?? NaN, 3));
      }),
      { numRuns: 30 },
    );
  });

  it('a split of the frames with a snapshot between, wherever it falls, changes nothing', () => {
    fc.assert(
      fc.property(crowd, watching, line, fc.double({ min: 0, max: 1, noNaN: true }), (walkers, how, drawn, part) => {
        const frames = watch(walkers, how);
        const cut = Math.floor(part * frames.length);
        const before = count(frames.slice(0, cut), start([drawn]));
        const thawed = JSON.parse(JSON.stringify(before.session)) as Session;
        const after = count(frames.slice(cut), thawed);
        expect([...before.crossings, ...after.crossings]).toEqual(count(frames, start([drawn])).crossings);
      }),
      { numRuns: 30 },
    );
  });

  it('the same frames at another time of day give the same crossings, that much later', () => {
    // Whole numbers of a size doubles hold exactly, as epoch times on a 90 kHz timeline nearly are.
    const shiftMs = 2 ** 40;
    fc.assert(
      fc.property(crowd, watching, line, (walkers, how, drawn) => {
        const frames = watch(walkers, how).map((frame) => ({ ...frame, timeMs: Math.round(frame.timeMs) }));
        const later = frames.map((frame) => ({ ...frame, timeMs: frame.timeMs + shiftMs }));
        const shifted = count(later, start([drawn])).crossings;
        const plain = count(frames, start([drawn])).crossings;
        expect(shifted.map(({ crossedAtMs: _, ...rest }) => rest)).toEqual(
          plain.map(({ crossedAtMs: _, ...rest }) => rest),
        );
        shifted.forEach(({ crossedAtMs }, index) =>
          expect(crossedAtMs - shiftMs).toBeCloseTo(plain[index]?.crossedAtMs ?? NaN, 2),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('nobody is counted who stays far from the line', () => {
    fc.assert(
      fc.property(crowd, watching, (walkers, how) => {
        const left = walkers.map(({ way, heightFrac }) => ({
          heightFrac,
          way: way.map(({ tMs, foot: [x, y] }) => ({ tMs, foot: [x / 2, y] as Point })),
        }));
        const frames = watch(left, { ...how, ghosts: 0 });
        expect(count(frames, start([{ ...upright, p1: [0.65, 1], p2: [0.65, 0] }])).crossings).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('in less out of a line across the picture is the net number of people who came through', () => {
    fc.assert(
      fc.property(crowd, (walkers) => {
        let counter = createLineCounter([upright]);
        const crossings: LineCrossing[] = [];
        for (let timeMs = 0; timeMs <= 12_000; timeMs += 40) {
          const tracks = walkers.flatMap((walker, index): Track[] => {
            const foot = footAt(walker, timeMs);
            if (foot === null) return [];
            const box = boxAround(foot, walker.heightFrac);
            const seen = { bornAtMs: 0, firstBox: box, seenAtMs: timeMs, detections: 1 };
            return [{ id: index + 1, box, score: 1, velocity: [0, 0], ...seen }];
          });
          const next = stepLineCounter(counter, tracks, timeMs);
          counter = next.state;
          crossings.push(...next.crossings);
        }
        walkers.forEach(({ way }, index) => {
          const ends = [way[0], way.at(-1)].map((waypoint) => waypoint?.foot[0] ?? 0.5);
          if (ends.some((x) => Math.abs(x - 0.5) < 0.05)) return; // Within the band or a frame of it, either count is right.
          const [from, to] = ends.map((x) => (x < 0.5 ? 0 : 1)) as [number, number];
          const counted = tally(crossings.filter(({ trackId }) => trackId === index + 1));
          expect(counted.in - counted.out).toBe(to - from);
        });
      }),
      { numRuns: 30 },
    );
  });
});
