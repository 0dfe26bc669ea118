import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Point, Zone } from '#protocol/geometry.ts';
import { boxAround } from '#ops/testkit/walking-world.ts';
import type { Track } from '../../tracking/track.ts';
import {
  createZoneCounter,
  DEFAULT_ZONE_COUNTER_SETTINGS,
  finishZoneCounter,
  peopleIn,
  stepZoneCounter,
} from './zone-counter.ts';
import type { ZoneEvent } from './zone-event.ts';

const zones: Zone[] = [
  {
    id: 'u',
    name: 'U',
    isQueue: true,
    polygon: [
      [0.2, 0.3],
      [0.4, 0.3],
      [0.4, 0.6],
      [0.6, 0.6],
      [0.6, 0.3],
      [0.8, 0.3],
      [0.8, 0.9],
      [0.2, 0.9],
    ],
    overPeople: 1,
    underPeople: 1,
  },
  {
    id: 'left',
    name: 'Left half',
    minStayMs: 0,
    polygon: [
      [0, 0],
      [0.5, 0],
      [0.5, 1],
      [0, 1],
    ],
  },
];

interface Frame {
  readonly timeMs: number;
  readonly tracks: readonly Track[];
}

const part = fc.double({ min: 0, max: 1, noNaN: true });
const foot: fc.Arbitrary<Point> = fc.tuple(part, fc.double({ min: 0.3, max: 1, noNaN: true }));
/** From place to place at any pace; a frame of a walk may not see them. */
const walks = fc.array(
  fc.record({
    startMs: fc.nat(20_000),
    feet: fc.array(foot, { minLength: 2, maxLength: 6 }),
    hidden: fc.array(fc.boolean(), { maxLength: 60 }),
  }),
  { minLength: 1, maxLength: 5 },
);
/** Whole milliseconds, so that doubling a time is exact. */
const gapsMs = fc.array(fc.oneof(fc.integer({ min: 30, max: 300 }), fc.integer({ min: 1_000, max: 4_000 })), {
  minLength: 20,
  maxLength: 150,
});
const LEG_MS = 4_000;
const RUNS = { numRuns: 60 };

const scenes = fc.tuple(walks, gapsMs).map(([people, gaps]): Frame[] => {
  const lastSeen = new Map<number, Track>();
  let timeMs = 50_000;
  return gaps.map((gap, frame) => {
    timeMs += gap;
    people.forEach(({ startMs, feet, hidden }, index) => {
      const leg = Math.floor((timeMs - 50_000 - startMs) / LEG_MS);
      const [from, to] = [feet[leg], feet[leg + 1]];
      if (from === undefined || to === undefined || hidden[frame % hidden.length] === true) return;
      const part = (timeMs - 50_000 - startMs) / LEG_MS - leg;
      const box = boxAround([from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])], 0.2);
      const before = lastSeen.get(index);
      const fresh = { id: index + 1, score: 0.7, velocity: [0, 0] as Point, bornAtMs: timeMs, firstBox: box };
      lastSeen.set(index, { ...(before ?? fresh), box, seenAtMs: timeMs, detections: (before?.detections ?? 0) + 1 });
    });
    const followed = [...lastSeen.values()].filter((track) => timeMs - track.seenAtMs <= 1_500 && track.detections > 1);
    return { timeMs, tracks: followed };
  });
});

function run(frames: readonly Frame[], state = createZoneCounter(zones)): { events: ZoneEvent[]; state: typeof state } {
  const events: ZoneEvent[] = [];
  for (const { tracks, timeMs } of frames) {
    const step = stepZoneCounter(state, tracks, timeMs);
    events.push(...step.events);
    state = step.state;
  }
  return { events, state };
}

it('whoever came and has not left is inside, in every scene', () => {
  fc.assert(
    fc.property(scenes, (frames) => {
      const { events, state } = run(frames);
      for (const { zone, people } of peopleIn(state)) {
        const count = (kind: ZoneEvent['kind']) =>
          events.filter((event) => event.kind === kind && event.zone === zone).length;
        expect(count('entered') - count('left')).toBe(people);
      }
    }),
    RUNS,
  );
});

it('no visit is shorter than the least stay, and each ends after it began and no later than it was decided', () => {
  fc.assert(
    fc.property(scenes, (frames) => {
      const { events } = run(frames);
      for (const event of events) {
        if (event.kind !== 'left') continue;
        const dwellMs = event.leftAtMs - event.enteredAtMs;
        expect(dwellMs).toBeGreaterThanOrEqual(event.zone === 'u' ? 1_000 : 0);
        expect(event.leftAtMs).toBeLessThanOrEqual(frames.at(-1)?.timeMs ?? 0);
      }
    }),
    RUNS,
  );
});

it('a minute’s mean lies between its least and its most, and its people add up with who came and went', () => {
  fc.assert(
    fc.property(scenes, (frames) => {
      const { events, state } = run(frames);
      const all = [...events, ...finishZoneCounter(state).events];
      for (const { id } of zones) {
        let people = 0;
        for (const event of all) {
          if (event.kind !== 'measured' || event.zone !== id) continue;
          expect(event.peopleMean).toBeGreaterThanOrEqual(event.peopleMin);
          expect(event.peopleMean).toBeLessThanOrEqual(event.peopleMax);
          expect(event.observedMs).toBeLessThanOrEqual(event.untilMs - event.fromMs + 1e-6);
          people += event.entries - event.exits;
          if (event.untilMs < (frames.at(-1)?.timeMs ?? 0)) expect(event.people).toBe(people);
        }
      }
    }),
    RUNS,
  );
});

it('however the frames are split over calls, with the state written down in between, the events are the same', () => {
  fc.assert(
    fc.property(scenes, fc.nat(150), (frames, cut) => {
      const whole = run(frames);
      const first = run(frames.slice(0, cut));
      const snapshot = JSON.parse(JSON.stringify(first.state)) as typeof first.state;
      const second = run(frames.slice(cut), snapshot);
      expect([...first.events, ...second.events]).toEqual(whole.events);
      expect(second.state).toEqual(whole.state);
    }),
    RUNS,
  );
});

it('a world at half the speed gives the same events at twice the times', () => {
  const doubled = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (key, inner: unknown) =>
      key.endsWith('Ms') && typeof inner === 'number' ? 2 * inner : inner,
    );
  fc.assert(
    fc.property(scenes, (frames) => {
      const slow = doubled(zones.map((zone) => ({ minStayMs: 1_000, ...zone }))) as Zone[];
      const settings = doubled(DEFAULT_ZONE_COUNTER_SETTINGS) as typeof DEFAULT_ZONE_COUNTER_SETTINGS;
      const { events } = run(doubled(frames) as Frame[], createZoneCounter(slow, settings));
      expect(events).toEqual(doubled(run(frames).events));
    }),
    RUNS,
  );
});

it('nobody who stays clear of a zone is ever counted there', () => {
  fc.assert(
    fc.property(scenes, (frames) => {
      const shelf: Zone = {
        id: 'shelf',
        name: 'Shelf',
        polygon: [
          [0.1, 0.02],
          [0.9, 0.02],
          [0.9, 0.2],
          [0.1, 0.2],
        ],
      };
      const { events } = run(frames, createZoneCounter([shelf]));
      expect(events.filter(({ kind }) => kind !== 'measured')).toEqual([]);
    }),
    RUNS,
  );
});
