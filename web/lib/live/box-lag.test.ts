import { expect, test } from 'vitest';
import { BoxLag } from './box-lag.ts';
import { rtpTimestampOf } from './ticks.ts';

/** 2 s before the 32-bit time stamp wraps, so that every test below crosses the wrap. */
const START_TICKS = Math.ceil((1_795_320_944_106 * 90) / 2 ** 32) * 2 ** 32 - 180_000;
const ticksAt = (ms: number): number => START_TICKS + ms * 90;

/** A picture taken at `ms` that arrives `wayMs` later, and one analysed at `ms` whose boxes arrive `afterMs` later. */
function camera() {
  const lag = new BoxLag();
  return {
    lag,
    picture: (ms: number, wayMs = 10, estimated = false) => {
      lag.picture({ rtpTimestamp: rtpTimestampOf(ticksAt(ms)), receivedAtMs: 50_000 + ms + wayMs, estimated });
    },
    boxes: (ms: number, afterMs: number) => {
      lag.boxes(ticksAt(ms), 50_000 + ms + afterMs);
    },
  };
}

/** Four seconds of it: 25 pictures a second, every fourth one analysed. */
function watched(afterMs: number, wayMs: (picture: number) => number = () => 10): BoxLag {
  const { lag, picture, boxes } = camera();
  for (let i = 0; i < 100; i += 1) {
    picture(i * 40, wayMs(i));
    if (i % 4 === 0) boxes(i * 40, afterMs);
  }
  return lag;
}

test('boxes lag by what they come after their own picture', () => {
  expect(watched(110).medianMs).toBe(100);
});

test('pictures that meet a queue on their way do not make boxes seem early', () => {
  expect(watched(110, (picture) => (picture % 10 === 0 ? 10 : 90)).medianMs).toBe(100);
});

test('the video is held for its own boxes and those of the next analysed frame', () => {
  expect(watched(110).holdMs()).toBe(100 + 160 + 30);
});

test('it is never held for more than a second', () => {
  expect(watched(3_000).holdMs()).toBe(1_000);
});

test('it is held longer at once, but not shortened for a trifle', () => {
  const { lag, picture, boxes } = camera();
  const play = (fromMs: number, afterMs: number): number => {
    for (let ms = fromMs; ms < fromMs + 10_000; ms += 100) {
      picture(ms);
      boxes(ms, afterMs);
    }
    return lag.holdMs();
  };
  const first = play(0, 110);
  expect(play(10_000, 160)).toBe(first + 50);
  expect(play(20_000, 120)).toBe(first + 50);
  expect(play(30_000, 50)).toBe(first - 60);
});

test('nothing is held before pictures and boxes were seen together', () => {
  const { lag, picture, boxes } = camera();
  boxes(0, 100);
  picture(0, 10, true);
  boxes(100, 100);
  expect(lag.medianMs).toBeNull();
  expect(lag.holdMs()).toBe(0);
});
