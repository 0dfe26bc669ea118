import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pulse } from './pulse.ts';

function begin(): { pulse: Pulse; answers: (() => void)[]; hangs: () => number } {
  const answers: (() => void)[] = [];
  let hangs = 0;
  const pulse = new Pulse(
    () => new Promise<void>((resolve) => answers.push(resolve)),
    () => {
      hangs += 1;
    },
  );
  return { pulse, answers, hangs: () => hangs };
}

describe('Pulse', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells once of a process that does not answer for three beats', async () => {
    const { pulse, answers, hangs } = begin();
    await vi.advanceTimersByTimeAsync(7_999);
    expect([answers.length, hangs()]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(hangs()).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hangs()).toBe(1);
    pulse.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks anew after each answer, however late, and then finds nothing wrong', async () => {
    const { pulse, answers, hangs } = begin();
    for (let beat = 0; beat < 10; beat += 1) {
      await vi.advanceTimersByTimeAsync(6_000);
      answers.at(-1)?.();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect([answers.length, hangs()]).toEqual([10, 0]);
    pulse.stop();
  });
});
