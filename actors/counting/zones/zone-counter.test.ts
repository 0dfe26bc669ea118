import { describe, expect, it } from 'vitest';
import type { Point, Zone } from '#protocol/geometry.ts';
import { boxAround } from '#ops/testkit/walking-world.ts';
import type { Track } from '../../tracking/track.ts';
import {
  createZoneCounter,
  finishZoneCounter,
  peopleIn,
  stepZoneCounter,
  withZones,
  type ZoneCounterState,
} from './zone-counter.ts';
import type { ZoneEvent } from './zone-event.ts';

/** Boxes below are 0.0675 wide and 0.3 high: the band is 0.0101 and 0.045. */
const hall: Zone = {
  id: 'hall',
  name: 'Hall',
  polygon: [
    [0.4, 0.3],
    [0.6, 0.3],
    [0.6, 0.9],
    [0.4, 0.9],
  ],
};

/** Somebody's feet; null: hidden. `id` names the track. */
interface Sight {
  readonly foot: Point | null;
  readonly id?: number;
}

function trackAt({ foot, id = 7 }: Sight, timeMs: number, before: Track | undefined): Track | null {
  if (foot === null) return before ?? null;
  const box = boxAround(foot, 0.3);
  return before === undefined
    ? { id, box, score: 0.8, velocity: [0, 0], bornAtMs: timeMs, firstBox: box, seenAtMs: timeMs, detections: 1 }
    : { ...before, box, seenAtMs: timeMs, detections: before.detections + 1 };
}

class Watch {
  state: ZoneCounterState;
  readonly events: ZoneEvent[] = [];
  #tracks = new Map<number, Track>();
  #timeMs: number;

  constructor(zone: Zone = hall, startMs = 0) {
    this.state = createZoneCounter([zone]);
    this.#timeMs = startMs;
  }

  /** One frame every `everyMs` with everybody in `sights`; a track not named in a frame is gone from the tracker. */
  frames(frames: readonly (readonly Sight[])[], everyMs = 100): this {
    for (const sights of frames) {
      this.#timeMs += everyMs;
      const tracks = sights.flatMap((sight) => {
        const track = trackAt(sight, this.#timeMs, this.#tracks.get(sight.id ?? 7));
        return track === null ? [] : [track];
      });
      this.#tracks = new Map(tracks.map((track) => [track.id, track]));
      const told = tracks.filter(({ detections }) => detections > 1);
      const step = stepZoneCounter(this.state, told, this.#timeMs);
      this.state = step.state;
      this.events.push(...step.events);
    }
    return this;
  }

  get people(): number {
    return peopleIn(this.state)[0]?.people ?? -1;
  }

  of<K extends ZoneEvent['kind']>(kind: K): Extract<ZoneEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<ZoneEvent, { kind: K }> => event.kind === kind);
  }
}

const one = (...xs: (number | null)[]): Sight[][] => xs.map((x) => [{ foot: x === null ? null : [x, 0.6] }]);
const stay = (x: number | null, frames: number): Sight[][] => one(...Array.from({ length: frames }, () => x));
const nobody = (frames: number): Sight[][] => Array.from({ length: frames }, () => []);

describe('a visit', () => {
  it('lasts from the border to the border, between the frames', () => {
    const watch = new Watch().frames([...one(0.3, 0.35, 0.45), ...stay(0.5, 20), ...one(0.55, 0.65, 0.7)]);
    const [visit, ...more] = watch.of('left');
    expect(more).toEqual([]);
    expect(visit).toMatchObject({ zone: 'hall', trackId: 7, lost: false, appeared: false });
    // In between 200 and 300 ms, out between 2400 and 2500 ms.
    expect(visit?.enteredAtMs).toBeCloseTo(250);
    expect(visit?.leftAtMs).toBeCloseTo(2450);
    expect(watch.of('entered')).toEqual([
      { kind: 'entered', zone: 'hall', trackId: 7, enteredAtMs: visit?.enteredAtMs },
    ]);
  });

  it('is none when somebody only passes', () => {
    const watch = new Watch().frames(one(0.3, 0.35, 0.45, 0.5, 0.55, 0.65, 0.7));
    expect(watch.events).toEqual([]);
  });

  it('counts after the zone’s own least time', () => {
    const watch = new Watch({ ...hall, minStayMs: 200 }).frames(one(0.3, 0.35, 0.45, 0.5, 0.55, 0.65, 0.7));
    expect(watch.of('left')).toHaveLength(1);
  });

  it('does not end nor begin when boxes shake at the border', () => {
    const shaking = Array.from({ length: 60 }, (_, frame) => 0.4 + (frame % 2 === 0 ? 0.008 : -0.008));
    const inside = new Watch().frames([...one(0.3, 0.35, 0.45), ...stay(0.5, 12), ...one(...shaking)]);
    expect(inside.of('left')).toEqual([]);
    expect(inside.people).toBe(1);
    const outside = new Watch().frames([...one(0.3, 0.35), ...one(...shaking)]);
    expect(outside.events).toEqual([]);
    expect(outside.people).toBe(0);
  });

  it('begins where somebody is first seen, and says that they were there before', () => {
    const watch = new Watch().frames([...stay(0.5, 20), ...one(0.55, 0.65)]);
    expect(watch.of('left')).toMatchObject([{ appeared: true, enteredAtMs: 100, lost: false }]);
  });

  it('of somebody first seen at the border depends on where they stand a second later', () => {
    expect(new Watch().frames(stay(0.405, 25)).people).toBe(1);
    expect(new Watch().frames(stay(0.395, 25)).people).toBe(0);
  });

  it('ends when somebody lost inside was last seen, and is marked', () => {
    const watch = new Watch().frames([...one(0.3, 0.35, 0.45), ...stay(0.5, 17), ...nobody(30)]);
    expect(watch.people).toBe(1);
    expect(watch.of('left')).toEqual([]);
    watch.frames(nobody(1));
    expect(watch.of('left')).toMatchObject([{ leftAtMs: 2000, lost: true }]);
    expect(watch.people).toBe(0);
  });

  it('is over at the border for somebody last seen just past it', () => {
    const watch = new Watch().frames([...stay(0.5, 17), ...one(0.595, 0.605), ...nobody(40)]);
    expect(watch.of('left')).toMatchObject([{ lost: false }]);
    expect(watch.of('left')[0]?.leftAtMs).toBeCloseTo(1850);
  });

  it('goes on for a hidden track, and for another track that begins where it was lost', () => {
    const hidden = new Watch().frames([...stay(0.5, 20), ...stay(null, 14), ...stay(0.5, 5)]);
    expect(hidden.people).toBe(1);
    const refound = new Watch().frames([
      ...stay(0.5, 20),
      ...nobody(14),
      ...Array.from({ length: 10 }, (): Sight[] => [{ foot: [0.51, 0.6], id: 8 }]),
      ...[0.57, 0.65].map((x): Sight[] => [{ foot: [x, 0.6], id: 8 }]),
    ]);
    expect(refound.of('entered')).toHaveLength(1);
    expect(refound.of('left')).toMatchObject([{ trackId: 8, enteredAtMs: 100, lost: false }]);
  });

  it('of a person elsewhere is another one', () => {
    const watch = new Watch().frames([
      ...stay(0.45, 20),
      ...Array.from({ length: 40 }, (): Sight[] => [{ foot: [0.55, 0.6], id: 8 }]),
    ]);
    expect(watch.of('entered').map(({ trackId }) => trackId)).toEqual([7, 8]);
  });

  it('of somebody who was there together with the one now hidden is another one', () => {
    const both: Sight[] = [{ foot: [0.5, 0.6] }, { foot: [0.51, 0.6], id: 8 }];
    const watch = new Watch().frames([
      ...stay(0.5, 20),
      both,
      ...Array.from({ length: 15 }, (): Sight[] => [{ foot: null }, { foot: [0.51, 0.6], id: 8 }]),
    ]);
    expect(watch.people).toBe(2);
  });

  it('is followed by the anchor the zone asks for', () => {
    const heads = { ...hall, anchor: 'head' as const };
    // The head is 0.3 above the foot: at 0.6 it is inside, the foot at 0.95 is not.
    const frames = Array.from({ length: 20 }, (): Sight[] => [{ foot: [0.5, 0.96] }]);
    expect(new Watch(heads).frames(frames).people).toBe(1);
    expect(new Watch(hall).frames(frames).people).toBe(0);
  });
});

describe('changes of a zone', () => {
  it('keep who is inside where it did not move, and end the visits where it did', () => {
    const watch = new Watch().frames(stay(0.5, 20));
    const renamed = withZones(watch.state, [{ ...hall, name: 'Foyer', overPeople: 3 }]);
    expect(renamed.events).toEqual([]);
    expect(peopleIn(renamed.state)).toEqual([{ zone: 'hall', people: 1 }]);
    const moved = withZones(watch.state, [{ ...hall, polygon: hall.polygon.map(([x, y]) => [x, y - 0.05]) }]);
    expect(moved.events).toMatchObject([
      { kind: 'left', leftAtMs: 2000, lost: true },
      { kind: 'measured', untilMs: 2000 },
    ]);
    expect(peopleIn(moved.state)).toEqual([{ zone: 'hall', people: 0 }]);
  });

  it('and the end of the pictures tell what was seen so far, once', () => {
    const watch = new Watch().frames(stay(0.5, 20));
    const { state, events } = finishZoneCounter(watch.state);
    expect(events).toMatchObject([
      { kind: 'left', lost: true },
      { kind: 'measured', people: 1, exits: 1 },
    ]);
    expect(peopleIn(state)).toEqual([{ zone: 'hall', people: 0 }]);
    expect(finishZoneCounter(state).events).toEqual([]);
  });
});

describe('a minute', () => {
  it('says how many were inside, least, most and on average by time, and who came and went', () => {
    const watch = new Watch(hall, 60_000).frames([
      ...nobody(10),
      ...stay(0.5, 200),
      ...one(0.595, 0.61, 0.65),
      ...nobody(400),
    ]);
    expect(watch.of('measured')).toHaveLength(1);
    const [minute] = watch.of('measured');
    expect(minute).toMatchObject({
      fromMs: 60_100,
      untilMs: 120_000,
      peopleMin: 0,
      peopleMax: 1,
      people: 0,
      entries: 1,
      exits: 1,
    });
    expect(minute?.observedMs).toBeCloseTo(59_900);
    const [visit] = watch.of('left');
    const dwellMs = (visit?.leftAtMs ?? 0) - (visit?.enteredAtMs ?? 0);
    expect(minute?.dwellMeanMs).toBeCloseTo(dwellMs);
    expect((minute?.peopleMean ?? 0) * 59_900).toBeCloseTo(dwellMs);
    expect(minute).not.toHaveProperty('waitMs');
  });

  it('leaves out the time in which nothing was seen', () => {
    const watch = new Watch(hall, 60_000).frames(stay(0.5, 100)).frames(stay(0.5, 1), 20_000).frames(stay(0.5, 300));
    expect(watch.of('measured')[0]?.observedMs).toBeCloseTo(9_900 + 30_000 - 100, -3);
    expect(watch.of('measured')[0]?.observedMs).toBeLessThan(41_000);
  });
});

describe('a queue', () => {
  it('of three, served one every ten seconds, lets the next wait for thirty', () => {
    const queue = { ...hall, isQueue: true };
    const watch = new Watch(queue);
    expect(peopleIn(watch.state)).toEqual([{ zone: 'hall', people: 0, waitMs: 0 }]);
    const places: Point[] = [
      [0.45, 0.6],
      [0.5, 0.6],
      [0.55, 0.6],
    ];
    // Every hundred frames the first leaves at a step, somebody new comes and all move up.
    for (let turn = 0; turn < 12; turn += 1) {
      const inLine = (frame: number): Sight[] =>
        places.map((foot, place) => ({ id: turn + place, foot: place === 0 && frame > 97 ? [0.37, 0.6] : foot }));
      watch.frames(Array.from({ length: 100 }, (_, frame) => inLine(frame)));
    }
    const [{ people, waitMs } = { people: -1, waitMs: -1 }] = peopleIn(watch.state);
    expect(people).toBe(2);
    expect(((waitMs ?? 0) / people) * 3).toBeGreaterThan(27_000);
    expect(((waitMs ?? 0) / people) * 3).toBeLessThan(33_000);
  });

  it('from which nobody has left yet has no known wait', () => {
    expect(peopleIn(new Watch({ ...hall, isQueue: true }).frames(stay(0.5, 20)).state)).toMatchObject([
      { waitMs: null },
    ]);
  });
});

describe('a limit', () => {
  const limited = { ...hall, overPeople: 0, holdMs: 2_000 };

  it('is told once it was crossed for long enough, and again when it is kept', () => {
    const watch = new Watch(limited).frames([
      ...nobody(30),
      ...stay(0.5, 40),
      ...one(0.595, 0.61, 0.65),
      ...nobody(30),
    ]);
    expect(watch.of('threshold').map(({ isBeyond, people, atMs }) => [isBeyond, people, atMs])).toEqual([
      [false, 0, 2_100],
      [true, 1, 6_100],
      [false, 0, 9_300],
    ]);
    expect(watch.of('threshold')[1]).toMatchObject({ threshold: 'over', limit: 0, sinceMs: 4_100 });
  });

  it('is not told for a short while', () => {
    const watch = new Watch(limited).frames([
      ...nobody(30),
      ...stay(0.5, 25),
      ...one(0.595, 0.61, 0.65),
      ...nobody(30),
    ]);
    expect(watch.of('threshold')).toHaveLength(1);
  });

  it('below counts those who are missing', () => {
    const watch = new Watch({ ...hall, underPeople: 1, holdMs: 1_000 }).frames([...nobody(20), ...stay(0.5, 40)]);
    expect(watch.of('threshold').map(({ threshold, isBeyond }) => [threshold, isBeyond])).toEqual([
      ['under', true],
      ['under', false],
    ]);
  });

  it('that changes is watched anew, one that stays is not told twice', () => {
    const watch = new Watch(limited).frames(nobody(30));
    const same = withZones(watch.state, [{ ...limited, name: 'Same' }]).state;
    expect(stepZoneCounter(same, [], 3_100).events).toEqual([]);
    const other = withZones(watch.state, [{ ...limited, overPeople: 4 }]).state;
    const later = stepZoneCounter(other, [], 3_100).state;
    expect(stepZoneCounter(later, [], 5_100).events).toMatchObject([{ kind: 'threshold', limit: 4, isBeyond: false }]);
  });
});

it('does nothing with a frame that is not newer than the last', () => {
  const { state } = new Watch().frames(stay(0.5, 5));
  const late = trackAt({ foot: [0.2, 0.6] }, 400, undefined);
  expect(stepZoneCounter(state, late === null ? [] : [late], 400)).toEqual({ state, events: [] });
});
