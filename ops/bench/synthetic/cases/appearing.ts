import { walking } from '../people.ts';
import { between, scene, type Case } from '../scene.ts';
import { FLAT } from './alone.ts';

const pace = (random: () => number): number => between(random, 0.9, 1.6);

/** People whom a door, a lift or a corner lets into view or out of it at the line itself. */
export const appearing: readonly Case[] = [
  {
    name: 'coming out of a door at the line',
    bar: 0.95,
    scenes: 25,
    make(random) {
      const x = between(random, -2, 2);
      return scene(
        [
          walking(0, pace(random), [
            [x, 7 + between(random, 0.5, 0.8)],
            [x, 4],
          ]),
        ],
        FLAT,
      );
    },
  },
  {
    name: 'going into a door at the line',
    bar: 0.95,
    scenes: 25,
    make(random) {
      const x = between(random, -2, 2);
      return scene(
        [
          walking(0, pace(random), [
            [x, 4],
            [x, 7 + between(random, 0.5, 0.8)],
          ]),
        ],
        FLAT,
      );
    },
  },
];
