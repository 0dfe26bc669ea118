/** One crossing as an area sees it. */
export interface AreaStep {
  readonly atMs: number;
  readonly factId: string;
  /** +1: somebody entered. */
  readonly change: 1 | -1;
}

/** What happened in a stretch of time, whatever number was inside at its start: enough to say what that start leads to. */
export interface Flow {
  readonly entered: number;
  readonly exited: number;
  /** Lowest and highest point of entered - exited on the way; the start itself counts, so `low` <= 0 <= `high`. */
  readonly low: number;
  readonly high: number;
  /** Greatest rise above a lowest point before it: the most that can be inside after a would-be negative. */
  readonly peak: number;
}

export const NO_FLOW: Flow = { entered: 0, exited: 0, low: 0, high: 0, peak: 0 };

/** `steps` in the order of time. */
export function flowOf(steps: readonly AreaStep[]): Flow {
  let { entered, exited, low, high, peak } = NO_FLOW;
  for (const { change } of steps) {
    if (change === 1) entered += 1;
    else exited += 1;
    const net = entered - exited;
    low = Math.min(low, net);
    high = Math.max(high, net);
    peak = Math.max(peak, net - low);
  }
  return { entered, exited, low, high, peak };
}

export interface Passed {
  readonly end: number;
  readonly min: number;
  readonly max: number;
  /** People who left and had not been seen entering: each is added where the number would have fallen below zero. */
  readonly missed: number;
}

/**
 * From `start` inside through a flow, never below zero. With S the net so far and L its lowest point so far, the number
 * inside is max(start + S, S - L) at any time (a random walk reflected at zero), which gives all four in closed form.
 */
export function passThrough(start: number, { entered, exited, low, high, peak }: Flow): Passed {
  const missed = Math.max(0, -(start + low));
  return {
    end: start + entered - exited + missed,
    min: Math.max(0, start + low),
    max: Math.max(start + high, peak),
    missed,
  };
}

/** The steps at which somebody was missed. `steps` in the order of time. */
export function missedAt(start: number, steps: readonly AreaStep[]): AreaStep[] {
  let inside = start;
  return steps.filter(({ change }) => {
    inside += change;
    if (inside >= 0) return false;
    inside = 0;
    return true;
  });
}
