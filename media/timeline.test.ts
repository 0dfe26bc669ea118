import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '#ops/runtime/clock.ts';
import type { SenderReport } from './packet.ts';
import { CameraTimeline, type StreamClock } from './timeline.ts';

const START_MONOTONIC_MS = 5_000;
const START_EPOCH_MS = 1_790_000_000_000;
const OFFSET_MS = START_EPOCH_MS - START_MONOTONIC_MS;
const WRAP = 2 ** 32;

/** The arrival times carry the time; the clock only gives the distance between monotonic and epoch time. */
const clock: Clock = { monotonicMs: () => START_MONOTONIC_MS, epochMs: () => START_EPOCH_MS };

/** A camera stream with an RTP clock of its own. Times are ms on our monotonic clock. */
interface Simulated {
  readonly fps: number;
  readonly phaseMs: number;
  readonly rtpStart: number;
  readonly driftPpm: number;
  readonly leastDelayMs: number;
  readonly jitterMs: number;
  /** 0..1, deterministic. */
  readonly noise: (n: number) => number;
  readonly hasReports: boolean;
  /** What the camera's clock shows beyond the time, in its nth report. */
  readonly reportOffMs?: (n: number) => number;
  /** Packets of this span arrive together at its end. */
  readonly stall?: { readonly fromMs: number; readonly toMs: number };
}

interface Stamped {
  readonly capturedMs: number;
  readonly ticks: number;
}

const CAMERA_CLOCK_START_MS = 86_400_000; // A camera that thinks it is 2 January 1970.

function rtpAt(stream: Simulated, capturedMs: number): number {
  const ticks = Math.round((capturedMs - START_MONOTONIC_MS) * 90 * (1 + stream.driftPpm * 1e-6));
  return (stream.rtpStart + ticks) % WRAP;
}

/** Runs streams side by side for `seconds` and gives each one's stamped frames. */
function run(timeline: CameraTimeline, streams: readonly Simulated[], seconds: number): Stamped[][] {
  interface Arrival {
    readonly atMs: number;
    readonly deliver: () => void;
  }
  const arrivals: Arrival[] = [];
  const results = streams.map((stream, index) => {
    const stamped: Stamped[] = [];
    const streamClock = timeline.stream(index === 0 ? 'main' : 'sub');
    let earliestMs = 0;
    let reports = 0;
    for (let n = 0; n < seconds * stream.fps; n += 1) {
      const capturedMs = START_MONOTONIC_MS + stream.phaseMs + (n * 1000) / stream.fps;
      let atMs = capturedMs + stream.leastDelayMs + stream.noise(n) * stream.jitterMs;
      if (stream.stall !== undefined && atMs > stream.stall.fromMs && atMs < stream.stall.toMs)
        atMs = stream.stall.toMs;
      atMs = Math.max(atMs, earliestMs); // TCP keeps order.
      earliestMs = atMs;
      const rtp = rtpAt(stream, capturedMs);
      arrivals.push({ atMs, deliver: () => stamped.push({ capturedMs, ticks: streamClock.ticksOf(rtp, atMs) }) });
      if (stream.hasReports && n % (stream.fps * 5) === stream.fps) {
        const report = senderReport(stream, capturedMs, stream.reportOffMs?.(reports) ?? 0);
        reports += 1;
        arrivals.push({
          atMs,
          deliver: () => {
            streamClock.senderReport(report);
          },
        });
      }
    }
    return stamped;
  });
  arrivals.sort((a, b) => a.atMs - b.atMs);
  for (const arrival of arrivals) arrival.deliver();
  return results;
}

function senderReport(stream: Simulated, atMs: number, offMs: number): SenderReport {
  return { ssrc: 1, ntpMs: CAMERA_CLOCK_START_MS + atMs + offMs, rtpTimestamp: rtpAt(stream, atMs) };
}

/** How far a stamp is from the instant of capture on our epoch clock. */
function errorMs({ ticks, capturedMs }: Stamped): number {
  return ticks / 90 - (capturedMs + OFFSET_MS);
}

function expectStrictlyIncreasing(frames: readonly Stamped[]): void {
  const wrong = frames.filter(({ ticks }, at) => !Number.isSafeInteger(ticks) || ticks <= (frames[at - 1]?.ticks ?? 0));
  expect(wrong).toEqual([]);
}

function expectSmooth(frames: readonly Stamped[], ppm: number): void {
  const wrong = frames.filter((frame, at) => {
    const before = frames[at - 1] ?? frame;
    const trueTicks = (frame.capturedMs - before.capturedMs) * 90;
    // Two roundings of a tick each, of RTP time and of the result.
    return Math.abs(frame.ticks - before.ticks - trueTicks) > trueTicks * ppm * 1e-6 + 2;
  });
  expect(wrong).toEqual([]);
}

function expectErrorsNear(frames: readonly Stamped[], delayMs: number, withinMs: number): void {
  expect(frames.filter((frame) => Math.abs(errorMs(frame) - delayMs) >= withinMs)).toEqual([]);
}

/** Greatest distance of two streams' errors, compared second by second at the last frame of each. */
function disagreementMs(a: readonly Stamped[], b: readonly Stamped[], fromSecond: number): number {
  const bySecond = (frames: readonly Stamped[]): Map<number, number> => {
    const seconds = new Map<number, number>();
    for (const frame of frames) {
      seconds.set(Math.floor((frame.capturedMs - START_MONOTONIC_MS) / 1000), errorMs(frame));
    }
    return seconds;
  };
  const other = bySecond(b);
  let worst = 0;
  for (const [second, error] of bySecond(a)) {
    const theirs = other.get(second);
    if (second >= fromSecond && theirs !== undefined) worst = Math.max(worst, Math.abs(error - theirs));
  }
  return worst;
}

const noNoise = (): number => 0;

function simulated(changes: Partial<Simulated> = {}): Simulated {
  return {
    fps: 15,
    phaseMs: 0,
    rtpStart: 12_345,
    driftPpm: 0,
    leastDelayMs: 20,
    jitterMs: 0,
    noise: noNoise,
    hasReports: false,
    ...changes,
  };
}

/** Noise as a property draws it: repeats after 97 frames and touches zero. */
const noiseArbitrary = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 97, maxLength: 97 }).map(
  (values) =>
    (n: number): number =>
      n % 9 === 0 ? 0 : (values[n % values.length] ?? 0),
);

const streamArbitrary = (hasReports: boolean): fc.Arbitrary<Simulated> =>
  fc.record({
    fps: fc.constantFrom(5, 10, 12, 15, 20, 25, 30),
    phaseMs: fc.integer({ min: 0, max: 199 }),
    rtpStart: fc.oneof(fc.integer({ min: 0, max: WRAP - 1 }), fc.integer({ min: WRAP - 900_000, max: WRAP - 1 })),
    driftPpm: fc.integer({ min: -50, max: 50 }),
    leastDelayMs: fc.integer({ min: 1, max: 60 }),
    jitterMs: fc.integer({ min: 0, max: 30 }),
    noise: noiseArbitrary,
    hasReports: fc.constant(hasReports),
  });

describe('CameraTimeline', () => {
  it('stamps an undisturbed stream with arrival time in 90 kHz ticks of the epoch', () => {
    const [main = []] = run(new CameraTimeline(clock), [simulated()], 3);
    expect(main[0]?.ticks).toBe((START_EPOCH_MS + 20) * 90);
    expect(main.slice(1).map((frame, index) => frame.ticks - (main[index]?.ticks ?? 0))).toEqual(Array(44).fill(6000));
  });

  it('gives frames of one instant one time within 5 ms when both streams send reports, whatever their delays', () => {
    fc.assert(
      fc.property(streamArbitrary(true), streamArbitrary(true), (main, sub) => {
        const [mainFrames = [], subFrames = []] = run(new CameraTimeline(clock), [main, sub], 60);
        expectStrictlyIncreasing(mainFrames);
        expectStrictlyIncreasing(subFrames);
        expect(disagreementMs(mainFrames, subFrames, 25)).toBeLessThan(5);
      }),
      { numRuns: 25 },
    );
  });

  it('without reports agrees within the difference of the least delays plus 5 ms of drift and jitter', () => {
    fc.assert(
      fc.property(streamArbitrary(false), streamArbitrary(false), (main, sub) => {
        const [mainFrames = [], subFrames = []] = run(new CameraTimeline(clock), [main, sub], 60);
        expectStrictlyIncreasing(mainFrames);
        expectStrictlyIncreasing(subFrames);
        const delays = Math.abs(main.leastDelayMs - sub.leastDelayMs);
        expect(disagreementMs(mainFrames, subFrames, 25)).toBeLessThan(delays + 5);
      }),
      { numRuns: 25 },
    );
  });

  it('stays within 5 ms of the least delay over ten minutes of drift', () => {
    for (const driftPpm of [-50, 50]) {
      const stream = simulated({ driftPpm, jitterMs: 15, noise: (n) => ((n * 7) % 11) / 11, leastDelayMs: 30 });
      const [frames = []] = run(new CameraTimeline(clock), [stream], 600);
      const steady = frames.slice(15 * 15);
      expectErrorsNear(steady, 30, 5);
      expectSmooth(steady, 550);
    }
  });

  it.each([-200, 200])(
    'stays within 12 ms of the least delay over two hours of a clock that is %i ppm off',
    (driftPpm) => {
      const stream = simulated({ driftPpm, jitterMs: 15, noise: (n) => ((n * 7) % 11) / 11, leastDelayMs: 30 });
      const [frames = []] = run(new CameraTimeline(clock), [stream], 7200);
      expectStrictlyIncreasing(frames);
      const steady = frames.slice(15 * 15);
      expectErrorsNear(steady, 30, 12);
      expectSmooth(steady, 750);
    },
  );

  it('keeps two streams together over two hours when their clocks drift apart by 400 ppm', () => {
    const streams = [
      simulated({ driftPpm: 200, hasReports: true, leastDelayMs: 40 }),
      simulated({ driftPpm: -200, hasReports: true, fps: 10, phaseMs: 30 }),
    ];
    const [main = [], sub = []] = run(new CameraTimeline(clock), streams, 7200);
    expect(disagreementMs(main, sub, 30)).toBeLessThan(12);
  });

  const FIFTH = 5;
  it.each([
    ['its clock is set by an hour', (n: number) => (n < FIFTH ? 0 : 3_600_000)],
    ['its clock is set back by 0.3 s', (n: number) => (n < FIFTH ? 0 : -300)],
    ['its clock is set by 0.3 s', (n: number) => (n < FIFTH ? 0 : 300)],
    ['one report is wrong', (n: number) => (n === FIFTH ? 400 : 0)],
    ['every other report is wrong', (n: number) => (n % 2) * 700],
  ])('keeps frame times and streams together when %s', (_what, reportOffMs) => {
    for (const [early, late] of [
      [0, 3],
      [3, 0],
    ] as const) {
      // The two streams report at different instants: for a while one knows what the other does not.
      const main = simulated({ hasReports: true, reportOffMs, phaseMs: early * 1000 });
      const sub = simulated({ hasReports: true, reportOffMs, phaseMs: late * 1000, fps: 10 });
      const [mainFrames = [], subFrames = []] = run(new CameraTimeline(clock), [main, sub], 90);
      for (const frames of [mainFrames, subFrames]) {
        expectStrictlyIncreasing(frames);
        expectErrorsNear(frames.slice(frames.length / 5), 20, 5);
      }
      expect(disagreementMs(mainFrames, subFrames, 20)).toBeLessThan(5);
    }
  });

  it('keeps frame times smooth through a stall of four seconds and the burst after it', () => {
    const stall = { fromMs: START_MONOTONIC_MS + 40_000, toMs: START_MONOTONIC_MS + 44_000 };
    const [frames = []] = run(new CameraTimeline(clock), [simulated({ stall, driftPpm: 20 })], 120);
    const steady = frames.slice(15 * 12);
    expectSmooth(steady, 550);
    expectErrorsNear(steady, 20, 5);
  });

  it('comes right within the first second when a session begins with a burst of old frames', () => {
    const stall = { fromMs: 0, toMs: START_MONOTONIC_MS + 2_000 };
    const [frames = []] = run(new CameraTimeline(clock), [simulated({ stall })], 10);
    expectStrictlyIncreasing(frames);
    const live = frames.filter((frame) => frame.capturedMs > START_MONOTONIC_MS + 2_500);
    expectErrorsNear(live, 20, 1);
  });

  it('carries on over the wrap of RTP time', () => {
    const [frames = []] = run(new CameraTimeline(clock), [simulated({ rtpStart: WRAP - 90_000 })], 4);
    expectSmooth(frames, 0);
  });

  it('carries on from arrival when the camera resets its RTP clock in mid-session', () => {
    for (const jump of [270_000, 1_000_000, 3_000_000_000, WRAP - 300_000, WRAP - 55_000]) {
      const stream = new CameraTimeline(clock).stream('main');
      const before = play(stream, { frames: 600, rtpStart: 77, fromMs: 0 });
      const after = play(stream, { frames: 600, rtpStart: (77 + 600 * 6000 + jump) % WRAP, fromMs: 40_000 });
      expect((after[0] ?? 0) - (before.at(-1) ?? 0)).toBe(6000);
      expect((after.at(-1) ?? 0) - (before[0] ?? 0)).toBe(1199 * 6000);
    }
  });

  it('stays near arrival when the camera counts RTP time at half the rate', () => {
    const stream = new CameraTimeline(clock).stream('main');
    for (let n = 0; n < 15 * 300; n += 1) {
      const atMs = START_MONOTONIC_MS + (n * 1000) / 15;
      const ticks = stream.ticksOf(n * 3000, atMs);
      expect(Math.abs(ticks / 90 - (atMs + OFFSET_MS))).toBeLessThan(11_000);
    }
  });

  it('goes on increasing after a restart with other RTP times', () => {
    const stream = new CameraTimeline(clock).stream('sub');
    const before = play(stream, { frames: 100, rtpStart: 4_000_000_000, fromMs: 0 });
    stream.restart();
    const [first = 0] = play(stream, { frames: 1, rtpStart: 5, fromMs: 9_000 });
    expect(first - (before[0] ?? 0)).toBe(9_000 * 90);
    stream.restart();
    const [second = 0] = play(stream, { frames: 1, rtpStart: 9_999, fromMs: 8_000 });
    expect(second).toBe(first + 1);
  });

  it('forgets the other stream when its reports contradict what arrives', () => {
    const timeline = new CameraTimeline(clock);
    const main = timeline.stream('main');
    const sub = timeline.stream('sub');
    play(main, { frames: 10, rtpStart: 0, fromMs: 0 });
    play(sub, { frames: 10, rtpStart: 0, fromMs: 0 });
    main.senderReport({ ssrc: 1, ntpMs: 1_000_000, rtpTimestamp: 0 });
    sub.senderReport({ ssrc: 2, ntpMs: 9_000_000, rtpTimestamp: 0 });
    const [ticks = 0] = play(main, { frames: 1, rtpStart: 60_000, fromMs: 666.66 });
    expect(ticks).toBe(Math.round((START_EPOCH_MS + 666.66) * 90));
  });

  it('takes a report that comes before the first frame', () => {
    const timeline = new CameraTimeline(clock);
    const main = timeline.stream('main');
    const sub = timeline.stream('sub');
    main.senderReport({ ssrc: 1, ntpMs: 50_000, rtpTimestamp: 100 });
    sub.senderReport({ ssrc: 2, ntpMs: 50_000, rtpTimestamp: 9000 });
    // Same instant, but main's frame took 40 ms longer.
    const [subTicks = 0] = play(sub, { frames: 1, rtpStart: 9000, fromMs: 0 });
    const [mainTicks = 0] = play(main, { frames: 1, rtpStart: 100, fromMs: 40 });
    expect(mainTicks).toBe(subTicks);
  });

  it('gives increasing integers near arrival for any RTP times and reports at all', () => {
    const step = fc.record({
      rtp: fc.integer({ min: 0, max: WRAP - 1 }),
      afterMs: fc.integer({ min: 0, max: 3000 }),
      report: fc.option(
        fc.record({
          ssrc: fc.constant(1),
          ntpMs: fc.double({ min: -1e13, max: 1e13, noNaN: true }),
          rtpTimestamp: fc.nat(),
        }),
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const stream = new CameraTimeline(clock).stream('main');
        let atMs = START_MONOTONIC_MS;
        let last = 0;
        for (const { rtp, afterMs, report } of steps) {
          atMs += afterMs;
          if (report !== null) stream.senderReport(report);
          const ticks = stream.ticksOf(rtp, atMs);
          expect(Number.isSafeInteger(ticks)).toBe(true);
          expect(ticks).toBeGreaterThan(last);
          expect(Math.abs(ticks / 90 - (atMs + OFFSET_MS))).toBeLessThan(20_000);
          last = ticks;
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Frames at 15 fps that arrive at once; `fromMs` after the start. */
function play(stream: StreamClock, options: { frames: number; rtpStart: number; fromMs: number }): number[] {
  return Array.from({ length: options.frames }, (_, n) => {
    const atMs = START_MONOTONIC_MS + options.fromMs + (n * 1000) / 15;
    return stream.ticksOf((options.rtpStart + n * 6000) % WRAP, atMs);
  });
}
