import { describe, expect, it } from 'vitest';
import { offsetThatWrapsAfter, randomRtpClock, RtpClock } from './rtp-clock.ts';

describe('RtpClock', () => {
  it('counts 90 ticks a millisecond from its offset', () => {
    const clock = new RtpClock({ offset: 1000, driftPpm: 0 });
    expect(clock.at(0)).toBe(1000);
    expect(clock.at(66.667)).toBe(7000);
  });

  it('runs fast by its drift: 50 ppm are 16,200 ticks an hour', () => {
    expect(new RtpClock({ offset: 0, driftPpm: 50 }).at(3_600_000)).toBe(324_000_000 + 16_200);
  });

  it('wraps to 0 after 2^32 - 1, when told after 5 s', () => {
    const clock = new RtpClock({ offset: offsetThatWrapsAfter(5), driftPpm: 0 });
    expect(clock.at(4999)).toBe(2 ** 32 - 90);
    expect(clock.at(5000)).toBe(0);
    expect(clock.at(5001)).toBe(90);
  });

  it('stays within 32 bits before scene time 0', () => {
    expect(new RtpClock({ offset: 0, driftPpm: 0 }).at(-1)).toBe(2 ** 32 - 90);
  });

  it('starts somewhere else each time, within 50 ppm', () => {
    const clocks = Array.from({ length: 200 }, randomRtpClock);
    expect(new Set(clocks.map((clock) => clock.offset)).size).toBeGreaterThan(190);
    expect(clocks.every((clock) => Math.abs(clock.driftPpm) <= 50)).toBe(true);
  });
});
