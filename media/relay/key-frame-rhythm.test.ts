import { expect, it } from 'vitest';
import { KeyFrameRhythm } from './key-frame-rhythm.ts';
import type { RelayPacket } from './relay.port.ts';

const SPS = 0x67;
const INTER = 0x41;

function rhythmOf(packets: readonly (readonly [nal: number, rtpTimestamp: number])[]): KeyFrameRhythm {
  const rhythm = new KeyFrameRhythm();
  for (const [nal, rtpTimestamp] of packets) {
    rhythm.push({ payload: Buffer.of(nal), marker: true, rtpTimestamp } satisfies RelayPacket);
  }
  return rhythm;
}

it('calls key frames fast that are half a second apart, also across the 32-bit wrap', () => {
  const wrapped = rhythmOf([
    [SPS, 2 ** 32 - 45_000],
    [INTER, 2 ** 32 - 3_000],
    [SPS, 0],
    [SPS, 0],
  ]);
  expect(wrapped.isFast).toBe(true);
  expect(
    rhythmOf([
      [SPS, 2 ** 32 - 90_000],
      [SPS, 0],
    ]).isFast,
  ).toBe(false);
});

it('calls them slow when they are further apart, or while only one was seen', () => {
  expect(rhythmOf([[SPS, 0]]).isFast).toBe(false);
  expect(
    rhythmOf([
      [SPS, 0],
      [INTER, 3_000],
      [SPS, 45_001],
    ]).isFast,
  ).toBe(false);
});
