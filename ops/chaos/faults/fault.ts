import { seededRandom } from '#ops/testkit/walking-world.ts';
import type { Random } from '../schedule.ts';
import type { Rig } from '../rig.ts';

/** Something that goes wrong, and what its being over means. */
export interface Fault {
  readonly name: string;
  /** No camera is to change its worker, or its lease, because of it. */
  readonly movesNoCamera: boolean;
  /** Does it, keeps it up and undoes it. Returns what was hit, for the report. */
  inflict(rig: Rig, random: Random): Promise<string>;
}

/** Milliseconds between the two, on the schedule's dice. */
export function between(random: Random, fromMs: number, untilMs: number): number {
  return Math.round(fromMs + random() * (untilMs - fromMs));
}

export function oneOf<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[Math.floor(random() * choices.length)];
  if (chosen === undefined) throw new Error('there is nothing to choose from');
  return chosen;
}

/** Both from the same moment on. */
export function together(one: Fault, other: Fault): Fault {
  return {
    name: `${one.name} and ${other.name}`,
    movesNoCamera: one.movesNoCamera && other.movesNoCamera,
    async inflict(rig, random) {
      const ownRandom = seededRandom(Math.floor(random() * 2 ** 32));
      const hit = await Promise.all([one.inflict(rig, random), other.inflict(rig, ownRandom)]);
      return hit.join(', ');
    },
  };
}
