import { describe, expect, it } from 'vitest';
import { CameraTruth, type TrueScene } from './camera-truth.ts';
import { SceneClock } from './scene-clock.ts';

const STARTED_AT_MS = 1_700_000_000_000;

function open() {
  let elapsedMs = 0;
  const clock = new SceneClock({ monotonicMs: () => elapsedMs, epochMs: () => STARTED_AT_MS + elapsedMs });
  const scene: TrueScene = {
    durationMs: 10_000,
    line: { id: 'door', name: 'Door', p1: [0, 0], p2: [1, 1], anchor: 'foot' },
    crossings: () => [
      { tMs: 4000, direction: 'in', walkerId: 'a' },
      { tMs: 6000, direction: 'in', walkerId: 'b' },
      { tMs: 6000, direction: 'out', walkerId: 'c' },
    ],
    truthBoxes: (tMs) => [{ walkerId: 'a', box: { x1: tMs, y1: 0, x2: 1, y2: 1 }, visibility: 1, foot: [0, 0] }],
  };
  return { truth: new CameraTruth(scene, clock), clock, wait: (ms: number) => (elapsedMs += ms) };
}

describe('CameraTruth', () => {
  it('knows no crossings and no boxes until somebody plays', () => {
    const { truth, wait } = open();
    wait(60_000);
    expect(truth.crossings()).toMatchObject({ totals: { in: 0, out: 0 }, crossings: [], hasMore: false });
    expect(truth.boxesAt(STARTED_AT_MS + 5000)).toBeNull();
  });

  it('counts on through repeats of the loop with epoch times', () => {
    const { truth, clock, wait } = open();
    clock.start();
    wait(26_000);
    const { crossings, totals } = truth.crossings();
    expect(totals).toEqual({ in: 6, out: 3 });
    expect(crossings.map(({ n, atMs, walkerId }) => [n, atMs - STARTED_AT_MS, walkerId])).toEqual([
      [1, 4000, 'a'],
      [2, 6000, 'b'],
      [3, 6000, 'c'],
      [4, 14_000, 'a'],
      [5, 16_000, 'b'],
      [6, 16_000, 'c'],
      [7, 24_000, 'a'],
      [8, 26_000, 'b'],
      [9, 26_000, 'c'],
    ]);
  });

  it('lists what is later than a time, and totals all', () => {
    const { truth, clock, wait } = open();
    clock.start();
    wait(15_000);
    expect(truth.crossings(STARTED_AT_MS + 6000)).toMatchObject({ totals: { in: 3, out: 1 }, crossings: [{ n: 4 }] });
    expect(truth.crossings(STARTED_AT_MS + 99_000).crossings).toEqual([]);
  });

  it('lists about 5000 at once, never parts two of one instant, and gives the rest when asked on', () => {
    const { truth, clock, wait } = open();
    clock.start();
    wait(10_000 * 2000);
    const first = truth.crossings();
    expect([first.crossings.length, first.hasMore]).toEqual([5001, true]);
    const rest = truth.crossings(first.crossings.at(-1)?.atMs);
    expect([rest.crossings.length, rest.hasMore]).toEqual([999, false]);
    expect(rest.crossings[0]?.n).toBe(5002);
  });

  it('shows the boxes of an instant of the world', () => {
    const { truth, clock, wait } = open();
    wait(500);
    clock.start();
    expect(truth.boxesAt(STARTED_AT_MS + 1500)?.[0]?.box.x1).toBe(1000);
    expect(truth.boxesAt(STARTED_AT_MS + 499)).toBeNull();
  });
});
