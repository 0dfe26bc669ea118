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

  it('calls a process behind after two unanswered beats, and tells once that it hangs after six', async () => {
    const { pulse, answers, hangs } = begin();
    await vi.advanceTimersByTimeAsync(2_999);
    expect(pulse.isBehind).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(pulse.isBehind).toBe(true);
    await vi.advanceTimersByTimeAsync(3_999);
    expect([answers.length, hangs()]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(hangs()).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hangs()).toBe(1);
    pulse.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgives a late answer and asks anew', async () => {
    const { pulse, answers, hangs } = begin();
    for (let beat = 0; beat < 10; beat += 1) {
      await vi.advanceTimersByTimeAsync(5_000);
      expect(pulse.isBehind).toBe(true);
      answers.at(-1)?.();
      await vi.advanceTimersByTimeAsync(0);
      expect(pulse.isBehind).toBe(false);
    }
    expect([answers.length, hangs()]).toEqual([10, 0]);
    pulse.stop();
  });
});
