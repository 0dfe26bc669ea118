import { ORDINARY } from '../detector-eye.ts';
import { walking, type Person } from '../people.ts';
import { between, eitherWay, filmedAt, scene, type Case } from '../scene.ts';
import type { Place } from '../view.ts';
import { UPRIGHT } from './alone.ts';

/** A walker and when they cross. */
function passer(random: () => number): { person: Person; crossesAtMs: number } {
  const y = between(random, 5, 10);
  const route: Place[] = [
    [-4, y],
    [4, y],
  ];
  const speed = between(random, 0.9, 1.6);
  return { person: walking(0, speed, eitherWay(random, route)), crossesAtMs: 4000 / speed };
}

const atRate = (fps: number): Case => ({
  name: `at ${String(fps)} frames a second`,
  bar: 1,
  scenes: 20,
  make: (random) => scene([passer(random).person], UPRIGHT, { filming: filmedAt(fps) }),
});

/** One person seen badly: what detector, camera and network do at the worst moment. */
export const disturbed: readonly Case[] = [
  ...[30, 15, 10, 5, 3].map(atRate),
  {
    name: 'frame rate falling from 30 to 10 to 3',
    bar: 1,
    scenes: 25,
    make(random) {
      const { person, crossesAtMs } = passer(random);
      const slowerAt = crossesAtMs + between(random, -1000, 0);
      const rates = [
        { fromMs: -Infinity, fps: 30 },
        { fromMs: slowerAt, fps: 10 },
        { fromMs: slowerAt + 500, fps: 3 },
      ];
      return scene([person], UPRIGHT, { filming: { rates } });
    },
  },
  {
    name: 'flicker',
    bar: 1,
    scenes: 25,
    make: (random) => {
      const flaws = { ...ORDINARY, blinks: 0.25, lossesPerSecond: 0.4 };
      return scene([passer(random).person], UPRIGHT, { flaws });
    },
  },
  {
    name: 'trembling boxes',
    bar: 1,
    scenes: 25,
    make: (random) => scene([passer(random).person], UPRIGHT, { flaws: { ...ORDINARY, jitter: 0.06 } }),
  },
  {
    name: 'ghosts and second boxes',
    bar: 0.95,
    scenes: 25,
    make: (random) => {
      const flaws = { ...ORDINARY, ghostsPerSecond: 1, doublesPerSecond: 1 };
      return scene([passer(random).person], UPRIGHT, { flaws });
    },
  },
  {
    name: 'a fifth of the frames lost',
    bar: 1,
    scenes: 20,
    make: (random) => scene([passer(random).person], UPRIGHT, { filming: filmedAt(10, { dropped: 0.2 }) }),
  },
  {
    name: 'frame gap of a second in mid-crossing',
    bar: 1,
    scenes: 25,
    make(random) {
      const { person, crossesAtMs } = passer(random);
      const fromMs = crossesAtMs - between(random, 100, 900);
      return scene([person], UPRIGHT, { filming: filmedAt(10, { gaps: [{ fromMs, toMs: fromMs + 1000 }] }) });
    },
  },
  {
    name: 'restart in mid-crossing',
    bar: 1,
    scenes: 25,
    make(random) {
      const { person, crossesAtMs } = passer(random);
      const lengthMs = between(random, 200, 900);
      const fromMs = crossesAtMs - lengthMs * between(random, 0.1, 0.9);
      const gap = { fromMs, toMs: fromMs + lengthMs, isNewRun: true };
      return scene([person], UPRIGHT, { filming: filmedAt(10, { gaps: [gap] }) });
    },
  },
  {
    name: 'clock step',
    bar: 1,
    scenes: 30,
    make(random) {
      const { person, crossesAtMs } = passer(random);
      const steps = [-3_600_000, -2_000, -400, 400, 2_000, 3_600_000];
      const byMs = steps[Math.floor(random() * steps.length)] ?? 0;
      const atMs = crossesAtMs + between(random, -800, 800);
      return scene([person], UPRIGHT, { filming: filmedAt(10, { clockStep: { atMs, byMs } }) });
    },
  },
];
