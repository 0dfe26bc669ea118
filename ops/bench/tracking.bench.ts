import type { Line } from '#protocol/geometry.ts';
import { createLineCounter, stepLineCounter } from '#actors/counting/line-counter.ts';
import type { Detection } from '#actors/inference/detector.port.ts';
import { createTracker, stepTracker } from '#actors/tracking/tracker.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { seededRandom, walk, watch, type WatchedFrame } from '#ops/testkit/walking-world.ts';
import { iou } from '#protocol/geometry.ts';
import type { BenchResult } from './bench-result.ts';

const PEOPLE = 50;
const SECONDS = 40;
const FPS = 10;
const RUNS = 7;
const LINES: readonly Line[] = [
  { id: 'upright', name: 'Upright', p1: [0.5, 1], p2: [0.5, 0], anchor: 'foot' },
  { id: 'flat', name: 'Flat', p1: [0, 0.6], p2: [1, 0.6], anchor: 'foot' },
  { id: 'slanted', name: 'Slanted', p1: [0.2, 0.2], p2: [0.8, 0.8], anchor: 'centre' },
];

/**
 * Time of tracker and counter a frame, with fifty people and three lines. The peer in the same run is what a tracker cannot
 * do without: the overlap of every known box with every detected one, matched greedily.
 */
export function run(): Promise<BenchResult> {
  const frames = crowd();
  const runs = Array.from({ length: RUNS }, () => measure(frames)).slice(1); // The first warms up.
  const peer = Array.from({ length: RUNS }, () => greedy(frames)).slice(1);
  const trackerMs = median(runs.map(({ tracker }) => tracker));
  const greedyMs = median(peer);
  return Promise.resolve({
    trackerMs,
    trackerP95Ms: median(runs.map(({ trackerP95 }) => trackerP95)),
    counterMs: median(runs.map(({ counter }) => counter)),
    peerMs: greedyMs,
    peer: 'all overlaps, matched greedily',
    ratioToPeer: Math.round((trackerMs / greedyMs) * 100) / 100,
    tracks: median(runs.map(({ tracks }) => tracks)),
    lines: LINES.length,
    frames: frames.length,
    ...measuredOn(),
    runs: runs.length,
  });
}

function crowd(): WatchedFrame[] {
  const random = seededRandom(4);
  const place = (): [number, number] => [0.05 + 0.9 * random(), 0.3 + 0.65 * random()];
  const walkers = Array.from({ length: PEOPLE }, () => {
    const [from, to] = [place(), place()];
    return walk(0, SECONDS * 1000, [from, to, from, to], 0.15);
  });
  return watch(walkers, { seed: 1, fps: FPS, jitter: 0.03, missed: 0.03, ghosts: 0.1 });
}

interface Cost {
  readonly tracker: number;
  readonly trackerP95: number;
  readonly counter: number;
  readonly tracks: number;
}

function measure(frames: readonly WatchedFrame[]): Cost {
  let tracker = createTracker();
  let counter = createLineCounter(LINES);
  const trackerMs: number[] = [];
  const counterMs: number[] = [];
  const tracks: number[] = [];
  for (const { detections, timeMs } of frames) {
    const startedAt = performance.now();
    const tracked = stepTracker(tracker, detections, timeMs);
    const trackedAt = performance.now();
    counter = stepLineCounter(counter, tracked.tracks, timeMs).state;
    counterMs.push(performance.now() - trackedAt);
    trackerMs.push(trackedAt - startedAt);
    tracks.push(tracked.tracks.length);
    tracker = tracked.state;
  }
  return {
    tracker: median(trackerMs),
    trackerP95: quantile(trackerMs, 0.95),
    counter: median(counterMs),
    tracks: median(tracks),
  };
}

/** Median ms a frame. */
function greedy(frames: readonly WatchedFrame[]): number {
  let known: readonly Detection[] = [];
  return median(
    frames.map(({ detections }) => {
      const startedAt = performance.now();
      const pairs = known.flatMap((before, row) =>
        detections.map((after, column) => ({ row, column, overlap: iou(before.box, after.box) })),
      );
      const taken = new Set<string>();
      for (const { row, column, overlap } of pairs.sort((a, b) => b.overlap - a.overlap)) {
        if (overlap < 0.2 || taken.has(`row ${String(row)}`) || taken.has(`column ${String(column)}`)) continue;
        taken.add(`row ${String(row)}`).add(`column ${String(column)}`);
      }
      known = detections;
      return performance.now() - startedAt;
    }),
  );
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
  return Math.round(value * 10_000) / 10_000;
}
