import { expect, test } from 'vitest';
import type { CameraConfig } from '#protocol/camera.ts';
import type { Track } from '../tracking/track.ts';
import { QualityMeter, type QualityTotals } from './quality-meter.ts';

const config = { id: 'hall', analysisFps: 10, revision: 3 } as CameraConfig;
const seen = (score: number): Track => ({ score }) as Track;
const NONE: QualityTotals = { droppedDecoding: 0, tallies: {} };

/** Runs the seconds from `fromS` to `untilS` with so many frames in each and returns what was measured. */
function run(meter: QualityMeter, fromS: number, untilS: number, fps: (second: number) => number, totals = NONE) {
  const measured = [];
  for (let second = fromS; second <= untilS; second += 1) {
    const measurement = meter.tick(second * 1000, totals);
    if (measurement !== null) measured.push(measurement);
    for (let frame = 0; frame < fps(second); frame += 1) meter.frame([seen(0.5), seen(0.9)], 'm@1');
  }
  return measured;
}

test('a minute is measured once, on the clock’s minutes, with rate, confidence and model', () => {
  const meter = new QualityMeter(config);
  const measured = run(meter, 45, 185, () => 8);
  expect(measured.map(({ fromMs, untilMs, frames }) => [fromMs, untilMs, frames])).toEqual([
    [45_000, 60_000, 120],
    [60_000, 120_000, 480],
    [120_000, 180_000, 480],
  ]);
  expect(measured[1]).toMatchObject({ fpsWanted: 10, fpsReached: 8, degradedMs: 0, model: 'm@1', cameraRevision: 3 });
  expect(measured[1]?.confidence).toBeCloseTo(0.7);
});

test('a minute without frames is measured too, and is degraded all the while', () => {
  const meter = new QualityMeter(config);
  const [, silent] = run(meter, 55, 120, (second) => (second < 60 ? 8 : 0));
  expect(silent).toMatchObject({ frames: 0, fpsReached: 0, confidence: null, degradedMs: 60_000, model: 'm@1' });
});

test('only the time below what counting needs is degraded', () => {
  const meter = new QualityMeter(config);
  const [measured] = run(meter, 60, 120, (second) => (second >= 70 && second < 80 ? 3 : 4));
  expect(measured?.degradedMs).toBe(10_000);
});

test('a camera of which two frames a second are asked is not degraded by two', () => {
  const slow = new QualityMeter({ ...config, analysisFps: 2 });
  expect(run(slow, 60, 120, () => 2)[0]?.degradedMs).toBe(0);
});

test('lost frames are told by how they were lost, each in its own minute', () => {
  const meter = new QualityMeter(config);
  meter.tick(60_000, { droppedDecoding: 7, tallies: {} });
  meter.overtaken();
  meter.overtaken();
  meter.failed();
  const first = meter.tick(120_000, { droppedDecoding: 10, tallies: {} });
  expect(first).toMatchObject({ droppedDecoding: 3, droppedWaiting: 2, failed: 1 });
  const second = meter.tick(180_000, { droppedDecoding: 10, tallies: {} });
  expect(second).toMatchObject({ droppedDecoding: 0, droppedWaiting: 0, failed: 0 });
});

test('tracks at lines and crossings are those of the minute, also when a line’s counts began anew', () => {
  const meter = new QualityMeter(config);
  const tallies = (entered: number, counted: number) => ({
    door: { entered, counted },
    exit: { entered: 1, counted: 1 },
  });
  meter.tick(60_000, { droppedDecoding: 0, tallies: tallies(5, 4) });
  const grown = meter.tick(120_000, { droppedDecoding: 0, tallies: tallies(9, 7) });
  expect(grown).toMatchObject({ tracksAtLines: 4, crossings: 3 });
  const anew = meter.tick(180_000, { droppedDecoding: 0, tallies: tallies(2, 1) });
  expect(anew).toMatchObject({ tracksAtLines: 2, crossings: 1 });
});
