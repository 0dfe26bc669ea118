import { describe, expect, it } from 'vitest';
import { IntakeLimit, type Intake } from './intake-limit.ts';

describe('IntakeLimit', () => {
  let nowMs = 0;
  const open = (): IntakeLimit => {
    nowMs = 0;
    return new IntakeLimit(() => nowMs);
  };

  it.each([
    ['bytes', 50_000_000 / 8 / 25, 40],
    ['frames', 5000 / 25, 40],
  ] satisfies [Intake, number, number][])('lets 50 Mbit/s of video pass for an hour: %s', (intake, amount, everyMs) => {
    const limit = open();
    for (; nowMs < 3_600_000; nowMs += everyMs) limit.took(intake, amount);
  });

  it('lets ten seconds of it pass at once, and again after a while', () => {
    const limit = open();
    for (; nowMs < 60_000; nowMs += 20_000) {
      limit.took('bytes', (10 * 50_000_000) / 8);
      limit.took('frames', 50_000);
    }
  });

  it.each([
    ['bytes', 64 * 1024, 1000],
    ['frames', 100, 50_000],
    ['texts', 1, 100],
  ] satisfies [Intake, number, number][])('ends a flood of %s', (intake, amount, perSecond) => {
    const limit = open();
    expect(() => {
      for (; nowMs < 60_000; nowMs += 1000 / perSecond) limit.took(intake, amount);
    }).toThrow(expect.objectContaining({ code: 'camera.protocol-violation' }));
    expect(nowMs).toBeLessThan(5000);
  });
});
