import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxAround, walk, watch, type WatchedFrame } from '#ops/testkit/walking-world.ts';
import type { Detection } from '../inference/detector.port.ts';
import type { Track } from './track.ts';
import { createTracker, stepTracker, type TrackerState } from './tracker.ts';

const seen = (x: number, score = 0.9, y = 0.8): Detection => ({ box: boxAround([x, y], 0.3), score });

/** Steps through frames and gives the tracks of each. */
function track(frames: readonly WatchedFrame[], from: TrackerState = createTracker()): (readonly Track[])[] {
  let state = from;
  return frames.map(({ detections, timeMs }) => {
    const next = stepTracker(state, detections, timeMs);
    state = next.state;
    return next.tracks;
  });
}

const frame = (timeMs: number, ...detections: Detection[]): WatchedFrame => ({ timeMs, detections });
const idsOf = (tracks: readonly Track[] | undefined) => tracks?.map(({ id }) => id);

describe('the tracker', () => {
  it('reports somebody from the second detection on, born at the first', () => {
    const [first, second] = track([frame(1000, seen(0.3)), frame(1100, seen(0.31))]);
    expect(first).toEqual([]);
    expect(second).toMatchObject([{ id: 1, bornAtMs: 1000, seenAtMs: 1100, detections: 2, score: 0.9 }]);
  });

  it('never reports a box that was there once', () => {
    expect(track([frame(0, seen(0.3)), frame(100), frame(200), frame(900, seen(0.3))]).flat()).toEqual([]);
  });

  it('begins no track with an unsure detection but keeps a known one alive by it', () => {
    expect(track([frame(0, seen(0.3, 0.3)), frame(100, seen(0.3, 0.3))]).flat()).toEqual([]);
    const last = track([frame(0, seen(0.3)), frame(100, seen(0.3)), frame(200, seen(0.3, 0.2))]).at(-1);
    expect(last).toMatchObject([{ id: 1, seenAtMs: 200, score: 0.2 }]);
  });

  it('begins no track with a detection that is sure but below the score for a birth', () => {
    const standing = (score: number) => [0, 100, 200].map((timeMs) => frame(timeMs, seen(0.3, score)));
    expect(track(standing(0.42), createTracker({ birthScore: 0.45 })).flat()).toEqual([]);
    expect(track(standing(0.47), createTracker({ birthScore: 0.45 })).at(-1)).toHaveLength(1);
  });

  it('finds a hidden person again after a second, where their way led, under the same id', () => {
    const walker = walk(0, 4000, [
      [0.1, 0.8],
      [0.9, 0.8],
    ]);
    const frames = watch([walker], { seed: 1, fps: 10 }).map(({ timeMs, detections }) =>
      frame(timeMs, ...(timeMs > 1500 && timeMs < 2500 ? [] : detections)),
    );
    const tracks = track(frames);
    expect(new Set(tracks.flat().map(({ id }) => id))).toEqual(new Set([1]));
    const hidden = tracks[20]?.[0];
    expect(hidden?.seenAtMs).toBe(1500);
    expect(((hidden?.box.x1 ?? 0) + (hidden?.box.x2 ?? 0)) / 2).toBeCloseTo(0.5, 2);
  });

  it('gives another id after 1.8 s out of sight, by time and not by frames', () => {
    const before = [frame(0, seen(0.5)), frame(100, seen(0.5))];
    expect(idsOf(track([...before, frame(1900, seen(0.5))]).at(-1))).toEqual([1]);
    expect(idsOf(track([...before, frame(2000, seen(0.5)), frame(2100, seen(0.5))]).at(-1))).toEqual([2]);
  });

  it('knows again who stood still when they were hidden and has walked off when they are found', () => {
    const standing = Array.from({ length: 12 }, (_, index) => frame(index * 100, seen(0.5)));
    const off = [1400, 1500, 1600].map((timeMs, index) => frame(timeMs, seen(0.595 + 0.02 * index)));
    expect(idsOf(track([...standing, ...off]).at(-1))).toEqual([1]);
    const [last] = track([...standing, ...off]).at(-1) ?? [];
    expect(last).toMatchObject({ bornAtMs: 0, firstBox: seen(0.5).box, detections: 15 });
  });

  it('does not take a box that only flashed up for the same person', () => {
    const flash = [frame(0, seen(0.5)), frame(100, seen(0.5)), frame(200, seen(0.5))];
    expect(idsOf(track([...flash, frame(500, seen(0.6)), frame(600, seen(0.62))]).at(-1))).toEqual([1, 2]);
  });

  it('follows somebody whom the edge of the picture cuts off, however fast they come into view', () => {
    const cutOff = (timeMs: number, y1: number) => frame(timeMs, { box: { x1: 0.4, x2: 0.5, y1, y2: 1 }, score: 0.9 });
    const frames = [cutOff(0, 0.9), cutOff(100, 0.9), cutOff(200, 0.82), cutOff(300, 0.7)];
    expect(track(frames).at(-1)).toMatchObject([{ id: 1, seenAtMs: 300 }]);
  });

  it('believes no box that is half as high again as the person was', () => {
    const frames = [0, 100].map((timeMs) => frame(timeMs, seen(0.5)));
    const giant: Detection = { box: boxAround([0.5, 0.8], 0.47), score: 0.9 };
    expect(track([...frames, frame(200, giant)]).at(-1)).toMatchObject([{ id: 1, seenAtMs: 100 }]);
  });

  it('takes stamps that are squeezed together for the time that frames need', () => {
    // A camera's clock was set back: the times of five frames hardly advance, people do.
    const frames = Array.from({ length: 15 }, (_, index) => {
      const timeMs = index < 5 ? index * 100 : 400 + (index - 4) * 0.01;
      return frame(timeMs, seen(0.3 + 0.012 * index));
    });
    expect(new Set(track(frames).flatMap((tracks) => tracks.map(({ id }) => id)))).toEqual(new Set([1]));
  });

  it('takes a box inside a matched one for a part of that person, though it comes again and again', () => {
    const torso: Detection = { box: { ...seen(0.5).box, y2: 0.65 }, score: 0.8 };
    const frames = [0, 100, 200, 300].map((timeMs) => frame(timeMs, seen(0.5), ...(timeMs === 0 ? [] : [torso])));
    expect(idsOf(track(frames).at(-1))).toEqual([1]);
    const together = [0, 100, 200].map((timeMs) => frame(timeMs, seen(0.5), torso));
    expect(idsOf(track(together).at(-1))).toEqual([1]);
  });

  it('sees no second person in a double box that comes and goes at the heels of somebody', () => {
    // As a detector on real pictures gave them: twice beside the walker, 0.4 s apart, the second time inside their box.
    const frames = Array.from({ length: 30 }, (_, index) => {
      const x = 0.8 - 0.01 * index;
      const double = index === 10 ? [seen(x + 0.04, 0.61)] : index === 14 ? [seen(x + 0.02, 0.66)] : [];
      return frame(index * 100, seen(x, 0.75), ...double);
    });
    expect(new Set(track(frames).flatMap((tracks) => tracks.map(({ id }) => id)))).toEqual(new Set([1]));
  });

  it('gives somebody who steps out from behind another a track of their own', () => {
    const frames = Array.from({ length: 20 }, (_, index) =>
      frame(index * 100, seen(0.5), seen(0.5 + 0.005 * index, 0.7)),
    );
    expect(idsOf(track(frames).at(-1))).toEqual([1, 2]);
  });

  it('tells two apart who come into view together, one half hidden by the other', () => {
    const pair = [0, 100, 200].map((timeMs) => frame(timeMs, seen(0.5), seen(0.534, 0.7)));
    expect(idsOf(track(pair).at(-1))).toEqual([1, 2]);
  });

  it('believes an unsure detection in the frame after the last sight, however far that is', () => {
    const frames = [frame(0, seen(0.5)), frame(700, seen(0.5)), frame(1400, seen(0.5, 0.2))];
    expect(track(frames).at(-1)).toMatchObject([{ id: 1, seenAtMs: 1400 }]);
    const late = [...frames.slice(0, 2), frame(1000), frame(1400, seen(0.5, 0.2))];
    expect(track(late).at(-1)).toMatchObject([{ id: 1, seenAtMs: 700 }]);
  });

  it('waits for the second detection until the next frame, however far that is, but no longer than for the hidden', () => {
    expect(track([frame(0, seen(0.5)), frame(700, seen(0.5))]).at(-1)).toHaveLength(1);
    expect(track([frame(0, seen(0.5)), frame(100), frame(400, seen(0.5))]).at(-1)).toEqual([]);
    expect(track([frame(0, seen(0.5)), frame(100), frame(240, seen(0.5))]).at(-1)).toHaveLength(1);
    expect(track([frame(0, seen(0.5)), frame(1900, seen(0.5))]).at(-1)).toEqual([]);
  });

  it('does nothing with a frame that is not newer than the last', () => {
    const { state } = stepTracker(stepTracker(createTracker(), [seen(0.5)], 0).state, [seen(0.5)], 100);
    const again = stepTracker(state, [], 100);
    expect(again.state).toBe(state);
    expect(idsOf(again.tracks)).toEqual([1]);
    expect(stepTracker(state, [], 50).state).toBe(state);
  });

  it('keeps two who meet apart', () => {
    const meeting = [
      walk(0, 4000, [
        [0.1, 0.7],
        [0.9, 0.7],
      ]),
      walk(0, 4000, [
        [0.9, 0.76],
        [0.1, 0.76],
      ]),
    ];
    const tracks = track(watch(meeting, { seed: 3, fps: 10, jitter: 0.03, hasOcclusion: true }));
    expect(new Set(tracks.flat().map(({ id }) => id)).size).toBe(2);
    const [velocity] = tracks[35]?.find(({ id }) => id === 1)?.velocity ?? [0];
    const [other] = tracks[35]?.find(({ id }) => id === 2)?.velocity ?? [0];
    expect(velocity * other).toBeLessThan(0);
  });
});

const crowd = fc
  .array(
    fc.record({
      startMs: fc.integer({ min: 0, max: 4000 }),
      durationMs: fc.integer({ min: 2500, max: 8000 }),
      y: fc.double({ min: 0.4, max: 0.95, noNaN: true }),
      isLeftwards: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((people) =>
    people.map(({ startMs, durationMs, y, isLeftwards }) =>
      walk(
        startMs,
        durationMs,
        isLeftwards
          ? [
              [0.9, y],
              [0.1, y],
            ]
          : [
              [0.1, y],
              [0.9, y],
            ],
      ),
    ),
  );
const watching = fc.record({
  seed: fc.nat(),
  fps: fc.constantFrom(5, 10, 15, 25),
  jitter: fc.constantFrom(0, 0.04, 0.08),
  missed: fc.constantFrom(0, 0.05),
  dropped: fc.constantFrom(0, 0.1),
  lateMs: fc.constantFrom(0, 10),
  ghosts: fc.constantFrom(0, 0.1),
  hasOcclusion: fc.boolean(),
});
const filmed = fc.tuple(crowd, watching).map(([walkers, how]) => watch(walkers, how));

describe('whatever a camera sees, the tracker', () => {
  it('hands out ids 1, 2, 3 ... each for one stretch of frames', () => {
    fc.assert(
      fc.property(filmed, (frames) => {
        const gone = new Set<number>();
        let before: number[] = [];
        let highest = 0;
        for (const tracks of track(frames)) {
          const ids = tracks.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          before.filter((id) => !ids.includes(id)).forEach((id) => gone.add(id));
          expect(ids.some((id) => gone.has(id))).toBe(false);
          const fresh = ids.filter((id) => id > highest).sort((a, b) => a - b);
          expect(fresh).toEqual(fresh.map((_, index) => highest + 1 + index));
          highest += fresh.length;
          before = ids;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('goes on from a snapshot in JSON as if nothing had been', () => {
    fc.assert(
      fc.property(filmed, fc.double({ min: 0, max: 1, noNaN: true }), (frames, part) => {
        const cut = Math.floor(part * frames.length);
        let state = createTracker();
        for (const { detections, timeMs } of frames.slice(0, cut)) state = stepTracker(state, detections, timeMs).state;
        const thawed = JSON.parse(JSON.stringify(state)) as TrackerState;
        expect(track(frames.slice(cut), thawed)).toEqual(track(frames).slice(cut));
      }),
      { numRuns: 25 },
    );
  });

  it('follows the same people in a picture stretched to another aspect ratio', () => {
    fc.assert(
      fc.property(filmed, (frames) => {
        // A half is exact in binary, so every box must be, too.
        const halved = <B extends { x1: number; x2: number }>(box: B): B => ({
          ...box,
          x1: box.x1 / 2,
          x2: box.x2 / 2,
        });
        const narrow = frames.map(({ timeMs, detections }) =>
          frame(timeMs, ...detections.map(({ box, score }) => ({ box: halved(box), score }))),
        );
        const places = track(frames).map((tracks) => tracks.map(({ id, box }) => ({ id, box: halved(box) })));
        expect(track(narrow).map((tracks) => tracks.map(({ id, box }) => ({ id, box })))).toEqual(places);
      }),
      { numRuns: 25 },
    );
  });
});
