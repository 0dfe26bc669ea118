import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { PacedStream, type PacedStreamOptions, type TimedUnit } from './paced-stream.ts';
import { SceneClock } from './scene-clock.ts';
import type { Source } from './source.ts';

/** Picture i is one NAL unit that holds i. */
function countingSource(options: Partial<Source> = {}): Source {
  return {
    fps: 10,
    phaseMs: 0,
    parameterSets: () => Promise.reject(new Error('not asked for here')),
    nextKeyFrame: (i) => Math.ceil(i / 5) * 5,
    unit: (i) => Promise.resolve({ nalUnits: [Buffer.from([0x41, i])], isKeyFrame: i % 5 === 0 }),
    ...options,
  };
}

function open(options: Partial<PacedStreamOptions> = {}) {
  const scene = new SceneClock(new SlewedClock());
  const startedAt = performance.now();
  const stream = new PacedStream({
    source: countingSource(),
    scene,
    rtpClock: { offset: 0, driftPpm: 0 },
    ...options,
  });
  const watch = () => {
    const seen: { index: number; atMs: number; rtpTimestamp: number }[] = [];
    const failures: AppError[] = [];
    const subscription = stream.subscribe({
      onUnit: ({ payloads, rtpTimestamp }: TimedUnit) => {
        seen.push({
          index: payloads[0]?.payload[1] ?? -1,
          atMs: Math.round(performance.now() - startedAt),
          rtpTimestamp,
        });
      },
      onFailed: (error) => failures.push(error),
    });
    return { seen, failures, subscription, indexes: () => seen.map(({ index }) => index) };
  };
  return { stream, scene, watch };
}

describe('PacedStream', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('sends picture 0 at once to the first client, then each when it is due', async () => {
    const { watch } = open();
    const { seen, subscription } = watch();
    await vi.advanceTimersByTimeAsync(350);
    expect(seen).toEqual([
      { index: 0, atMs: 0, rtpTimestamp: 0 },
      { index: 1, atMs: 100, rtpTimestamp: 9000 },
      { index: 2, atMs: 200, rtpTimestamp: 18_000 },
      { index: 3, atMs: 300, rtpTimestamp: 27_000 },
    ]);
    subscription.close();
  });

  it('sends later by its phase and its encoder, and stamps the instant shown', async () => {
    const { watch } = open({ source: countingSource({ phaseMs: 40 }), sendDelayMs: 30 });
    const { seen } = watch();
    await vi.advanceTimersByTimeAsync(200);
    expect(seen).toEqual([
      { index: 0, atMs: 70, rtpTimestamp: 3600 },
      { index: 1, atMs: 170, rtpTimestamp: 12_600 },
    ]);
  });

  it('keeps its scene running while nobody watches: who comes later starts at the next key frame', async () => {
    const { watch } = open();
    const first = watch();
    await vi.advanceTimersByTimeAsync(250);
    first.subscription.close();
    await vi.advanceTimersByTimeAsync(400);
    const second = watch();
    expect(second.subscription.firstRtpTimestamp).toBe(90_000);
    await vi.advanceTimersByTimeAsync(500);
    expect(first.indexes()).toEqual([0, 1, 2]);
    expect(second.seen[0]).toEqual({ index: 10, atMs: 1000, rtpTimestamp: 90_000 });
  });

  it('shows all clients the same pictures at the same RTP times', async () => {
    const { watch } = open();
    const first = watch();
    await vi.advanceTimersByTimeAsync(230);
    const second = watch();
    expect(second.subscription.firstRtpTimestamp).toBe(45_000);
    await vi.advanceTimersByTimeAsync(500);
    expect(second.seen).toEqual(first.seen.slice(3));
    expect(second.seen.length).toBeGreaterThan(3);
  });

  it('has no timer left when the last client is gone', async () => {
    const { watch } = open();
    const watched = [watch(), watch()];
    await vi.advanceTimersByTimeAsync(120);
    for (const { subscription } of watched) subscription.close();
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('skips to a key frame after a long pause of the whole process instead of bursting', async () => {
    const { stream, watch } = open({ source: countingSource({ unit: blockingAt(2, 3000) }) });
    const { seen } = watch();
    await vi.advanceTimersByTimeAsync(4000);
    expect(seen.slice(0, 5).map(({ index }) => index)).toEqual([0, 1, 2, 35, 36]);
    expect(stream.skipped).toBe(1);
  });

  it('catches up a short delay without losing pictures', async () => {
    const { watch } = open({ source: countingSource({ unit: blockingAt(2, 250) }) });
    const { seen } = watch();
    await vi.advanceTimersByTimeAsync(700);
    expect(seen.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(seen.map(({ atMs }) => atMs).slice(5)).toEqual([500, 600, 700]);
    expect(seen.map(({ rtpTimestamp }) => rtpTimestamp / 9000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('goes on with another source at its next key frame and the same scene time', async () => {
    const { stream, watch } = open();
    const { seen } = watch();
    await vi.advanceTimersByTimeAsync(250);
    stream.switchTo(countingSource({ fps: 20 }));
    await vi.advanceTimersByTimeAsync(99);
    expect(seen.map(({ index, rtpTimestamp }) => [index, rtpTimestamp])).toEqual([
      [0, 0],
      [1, 9000],
      [2, 18_000],
      [5, 22_500],
      [6, 27_000],
    ]);
  });

  it('never goes back in time for another source, not even by half a picture', async () => {
    const { stream, watch } = open();
    const { seen } = watch();
    await vi.advanceTimersByTimeAsync(410);
    stream.switchTo(countingSource({ phaseMs: -5, nextKeyFrame: (i) => Math.ceil(i / 4) * 4 }));
    await vi.advanceTimersByTimeAsync(500);
    const times = seen.map(({ rtpTimestamp }) => rtpTimestamp / 90);
    expect(times).toEqual([0, 100, 200, 300, 400, 795, 895]);
  });

  it('tells its clients when the source fails, and stops', async () => {
    const failing = countingSource({ unit: () => Promise.reject(new AppError('disk.full', 'no room')) });
    const { watch } = open({ source: failing });
    const { failures } = watch();
    await vi.advanceTimersByTimeAsync(1000);
    expect(failures.map(({ code }) => code)).toEqual(['disk.full']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reports the wall clock and the RTP time of one and the same instant', async () => {
    const { stream, scene, watch } = open({ wallOffsetMs: -5000 });
    watch();
    await vi.advanceTimersByTimeAsync(1234);
    const startedAtMs = scene.startedAtMs ?? Number.NaN;
    expect(stream.report()).toEqual({ wallMs: startedAtMs + 1234 - 5000, rtpTimestamp: 1234 * 90 });
    expect(open({ sendsReports: false }).stream.report()).toBeNull();
  });
});

function blockingAt(slow: number, blockedMs: number): Source['unit'] {
  return async (i) => {
    if (i === slow) await new Promise((resolve) => setTimeout(resolve, blockedMs));
    return { nalUnits: [Buffer.from([0x41, i])], isKeyFrame: i % 5 === 0 };
  };
}
