import { describe, expect, it } from 'vitest';
import type { Track } from '../../tracking/track.ts';
import { EMPTY_WALK_LOG, recordTracks, walksOf, type WalkLog } from './walk-log.ts';

function track(id: number, timeMs: number, more: Partial<Track> = {}): Track {
  const x = (timeMs / 100_000) % 1;
  const box = { x1: x, y1: 0.2, x2: x + 0.1, y2: 0.5 };
  return {
    id,
    box,
    score: 0.9,
    velocity: [0, 0],
    bornAtMs: 0,
    seenAtMs: timeMs,
    firstBox: box,
    detections: 1,
    ...more,
  };
}

function record(frames: number, idsAt: (frame: number) => number[], log: WalkLog = EMPTY_WALK_LOG): WalkLog {
  let state = log;
  for (let frame = 0; frame < frames; frame += 1) {
    const tracks = idsAt(frame).map((id) => track(id, frame * 100));
    state = recordTracks(state, tracks, frame * 100);
  }
  return state;
}

describe('the log of ways', () => {
  it('keeps the first and the newest place of a long way, in a bounded number of samples', () => {
    const [walk] = walksOf(record(1_000, () => [7]));
    expect(walk).toMatchObject({ trackId: 7, frames: 1_000, seenFrames: 1_000 });
    expect(walk?.samples.length).toBeLessThanOrEqual(40);
    expect(walk?.samples[0]?.box.x1).toBe(0);
    expect(walk?.samples.at(-1)?.box.x1).toBeCloseTo(0.999, 3);
  });

  it('counts frames in which somebody was hidden, without a place', () => {
    let log = record(5, () => [1]);
    log = recordTracks(log, [track(1, 500, { seenAtMs: 400 })], 500);
    expect(walksOf(log)[0]).toMatchObject({ frames: 6, seenFrames: 5 });
    expect(walksOf(log)[0]?.samples).toHaveLength(5);
  });

  it('knows where somebody who is gone walked', () => {
    const log = record(20, (frame) => (frame < 10 ? [1] : [2]));
    const [gone] = walksOf(log);
    expect(gone).toMatchObject({ trackId: 1, frames: 10, seenFrames: 10 });
    expect(gone?.samples).toHaveLength(10);
    const { box, score } = gone?.samples[5] ?? {};
    expect([box?.x1, box?.y1, box?.x2, box?.y2, score].map((value) => value?.toFixed(4))).toEqual([
      '0.0050',
      '0.2000',
      '0.1050',
      '0.5000',
      '0.9000',
    ]);
  });

  it('forgets the oldest people, and those hardly seen', () => {
    const log = record(4_000, (frame) => [Math.floor(frame / 5)]);
    expect(log.ended).toHaveLength(300);
    expect(log.ended.at(-1)?.trackId).toBe(798);
    expect(walksOf(record(2, () => [1]))).toEqual([]);
  });
});
