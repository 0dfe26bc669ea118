import { describe, expect, it } from 'vitest';
import { PictureRate } from './picture-rate.ts';

/** When the excess was noticed, ms after the start; null: never. */
function noticed(statedFps: number | null, arrivals: Iterable<number>): number | null {
  const rate = new PictureRate();
  for (const atMs of arrivals) if (rate.excess(5_000_000 + atMs, statedFps) !== null) return atMs;
  return null;
}

function* even(fps: number, fromMs: number, toMs: number): Generator<number> {
  for (let atMs = fromMs; atMs < toMs; atMs += 1000 / fps) yield atMs;
}

describe('PictureRate', () => {
  it.each([
    [25, 25],
    [15, 30],
    [5, 50],
    [50, 100],
    [null, 60],
  ])('lets a camera that states %s send %i a second', (stated, fps) => {
    expect(noticed(stated, even(fps, 0, 60_000))).toBeNull();
  });

  it.each([
    [25, 250],
    [12.5, 70],
    [null, 300],
  ])('notices within ten seconds that a camera that states %s sends %i a second', (stated, fps) => {
    expect(noticed(stated, even(fps, 0, 60_000))).toBeLessThan(10_000);
  });

  it('lets ten seconds of pictures pass at once after ten seconds of silence', () => {
    const lump = Array.from({ length: 300 }, () => 20_000);
    expect(noticed(30, [...even(30, 0, 10_000), ...lump, ...even(30, 20_000, 40_000)])).toBeNull();
  });

  it('forgets after a pause', () => {
    expect(noticed(25, [...even(100, 0, 7000), ...even(100, 600_000, 607_000)])).toBeNull();
  });
});
