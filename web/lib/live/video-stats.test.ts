import { expect, test } from 'vitest';
import { readingBetween, sampleOf, type VideoSample } from './video-stats.ts';

const before: VideoSample = {
  atMs: 10_000,
  bytes: 1_000_000,
  framesDecoded: 100,
  framesDropped: 1,
  packetsLost: 2,
  bufferedS: 4,
  bufferedFrames: 100,
  widthPx: 1280,
  heightPx: 720,
  roundTripMs: 3,
};

test('rates are of the time between two samples, sums are of the session', () => {
  const now = {
    ...before,
    atMs: 12_000,
    bytes: 1_500_000,
    framesDecoded: 150,
    bufferedS: 14,
    bufferedFrames: 150,
    framesDropped: 3,
  };
  expect(readingBetween(before, now)).toEqual({
    fps: 25,
    bitsPerSecond: 2_000_000,
    bufferMs: 200,
    framesDropped: 3,
    packetsLost: 2,
    widthPx: 1280,
    heightPx: 720,
    roundTripMs: 3,
  });
});

test('a new session, whose sums begin anew, has no rates yet', () => {
  const reading = readingBetween(before, { ...before, atMs: 11_000, bytes: 10, bufferedS: 0.1, bufferedFrames: 2 });
  expect(reading).toMatchObject({ fps: null, bitsPerSecond: null, bufferMs: 50 });
});

test('a picture that stands still has no delay to tell', () => {
  expect(readingBetween(before, { ...before, atMs: 11_000 })).toMatchObject({
    fps: 0,
    bitsPerSecond: 0,
    bufferMs: null,
  });
});

test('the video and the path in use are found among a browser’s statistics', () => {
  const report = new Map<string, object>([
    ['a', { type: 'inbound-rtp', kind: 'audio', timestamp: 1 }],
    ['v', { type: 'inbound-rtp', kind: 'video', timestamp: 5, bytesReceived: 7, packetsLost: -1, frameWidth: 640 }],
    ['t', { type: 'transport', selectedCandidatePairId: 'p2' }],
    ['p1', { type: 'candidate-pair', currentRoundTripTime: 9 }],
    ['p2', { type: 'candidate-pair', currentRoundTripTime: 0.004 }],
  ]);
  expect(sampleOf(report as unknown as RTCStatsReport)).toMatchObject({
    atMs: 5,
    bytes: 7,
    packetsLost: 0,
    widthPx: 640,
    heightPx: null,
    roundTripMs: 4,
  });
  expect(sampleOf(new Map() as unknown as RTCStatsReport)).toBeNull();
});
