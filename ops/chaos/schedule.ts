import { seededRandom } from '#ops/testkit/walking-world.ts';

/** Numbers in 0..1. */
export type Random = () => number;

export interface Due<F> {
  readonly fault: F;
  /** Of its own, so that what one fault draws changes nothing for the next. */
  readonly random: Random;
  /** Nothing is wrong for so long before it. */
  readonly pauseMs: number;
}

const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 8_000;

/** Faults for ever, the same for the same seed: all of them in an order drawn anew each time round. */
export function* schedule<F>(seed: number, faults: readonly F[]): Generator<Due<F>> {
  const random = seededRandom(seed);
  for (;;) {
    const left = [...faults];
    while (left.length > 0) {
      const [fault] = left.splice(Math.floor(random() * left.length), 1);
      if (fault === undefined) return;
      const pauseMs = Math.round(SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS));
      yield { fault, pauseMs, random: seededRandom(Math.floor(random() * 2 ** 32)) };
    }
  }
}
