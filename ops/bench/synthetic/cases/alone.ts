import { ORDINARY } from '../detector-eye.ts';
import { walking } from '../people.ts';
import { between, eitherWay, lineBetween, scene, type Case } from '../scene.ts';
import { ELEVATED, EYE_LEVEL, OVERHEAD, type Place } from '../view.ts';

/** Across the picture, seen from the side. */
export const UPRIGHT = lineBetween(ELEVATED, [0, 3], [0, 16]);
/** Across the way of those who come towards the camera. */
export const FLAT = lineBetween(ELEVATED, [-5, 7], [5, 7]);

const pace = (random: () => number): number => between(random, 0.8, 1.8);

/** One person, and what one person can do at a line. */
export const alone: readonly Case[] = [
  {
    name: 'single, across',
    bar: 1,
    scenes: 30,
    make(random) {
      const y = between(random, 4.5, 11);
      const route: Place[] = [
        [-4, y],
        [4, y + between(random, -1, 1)],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], UPRIGHT);
    },
  },
  {
    name: 'single, towards and away',
    bar: 1,
    scenes: 30,
    make(random) {
      const x = between(random, -2, 2);
      const route: Place[] = [
        [x, 12],
        [x + between(random, -1, 1), 4],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], FLAT);
    },
  },
  {
    name: 'single, aslant over a slanted line',
    bar: 1,
    scenes: 30,
    make(random) {
      const line = lineBetween(ELEVATED, [-3, 5], [3, 10]);
      const route: Place[] = [
        [between(random, -3, -1), between(random, 9, 11)],
        [between(random, 1, 3), between(random, 4.5, 6)],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], line);
    },
  },
  {
    name: 'single, at eye level',
    bar: 1,
    scenes: 20,
    make(random) {
      const y = between(random, 4, 9);
      const route: Place[] = [
        [-3, y],
        [3, y + between(random, -1, 1)],
      ];
      const line = lineBetween(EYE_LEVEL, [0, 3], [0, 20]);
      return scene([walking(0, pace(random), eitherWay(random, route))], line, { view: EYE_LEVEL });
    },
  },
  {
    name: 'single, from straight above',
    bar: 1,
    scenes: 40,
    make(random) {
      const isAcross = random() < 0.5;
      const from = between(random, -1.2, 1.2);
      const to = between(random, -1.2, 1.2);
      const route: Place[] = isAcross
        ? [
            [-3.5, from],
            [3.5, to],
          ]
        : [
            [from, -2.2],
            [to, 2.2],
          ];
      const line = isAcross ? lineBetween(OVERHEAD, [0, -3], [0, 3]) : lineBetween(OVERHEAD, [-4, 0], [4, 0]);
      return scene([walking(0, pace(random), eitherWay(random, route))], line, { view: OVERHEAD });
    },
  },
  {
    name: 'single, far away',
    bar: 1,
    scenes: 20,
    make(random) {
      const y = between(random, 18, 24);
      const line = lineBetween(ELEVATED, [0, 14], [0, 30]);
      const route: Place[] = [
        [-5, y],
        [5, y],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], line);
    },
  },
  {
    name: 'running',
    bar: 1,
    scenes: 20,
    make(random) {
      const y = between(random, 5, 10);
      const route: Place[] = [
        [-4.5, y],
        [4.5, y],
      ];
      return scene([walking(0, between(random, 3, 4), eitherWay(random, route))], UPRIGHT);
    },
  },
  {
    name: 'shuffling',
    bar: 1,
    scenes: 12,
    make(random) {
      const y = between(random, 5, 9);
      const route: Place[] = [
        [-1.5, y],
        [1.5, y],
      ];
      return scene([walking(0, between(random, 0.25, 0.45), eitherWay(random, route))], UPRIGHT);
    },
  },
  {
    name: 'by the centre of the box',
    bar: 1,
    scenes: 15,
    make(random) {
      const y = between(random, 5, 10);
      const route: Place[] = [
        [-4, y],
        [4, y],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], { ...UPRIGHT, anchor: 'centre' });
    },
  },
  {
    name: 'by the top of the box',
    bar: 1,
    scenes: 15,
    make(random) {
      const y = between(random, 5, 10);
      const route: Place[] = [
        [-4, y],
        [4, y],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], { ...UPRIGHT, p2: [0.5, 0], anchor: 'head' });
    },
  },
  {
    name: 'hesitation',
    bar: 1,
    scenes: 30,
    make(random) {
      const y = between(random, 5, 10);
      const sways = Array.from({ length: 4 }, (): Place => [between(random, -0.05, 0.05), y]);
      const route = [[-4, y], [-0.6, y], 800, [-1.1, y], ...sways, 1500, [4, y]] satisfies (Place | number)[];
      const mirrored = route.map((step) => (typeof step === 'number' ? step : ([-step[0], step[1]] as Place)));
      return scene([walking(0, pace(random), random() < 0.5 ? route : mirrored)], UPRIGHT);
    },
  },
  {
    name: 'standing on the line',
    bar: 1,
    scenes: 20,
    make(random) {
      const y = between(random, 5, 10);
      const end: Place = [random() < 0.7 ? 3 : -3, y];
      const here: Place = [between(random, -0.04, 0.04), y];
      return scene([walking(0, pace(random), [[-3, y], here, 10_000, end])], UPRIGHT);
    },
  },
  {
    name: 'U-turn beyond the line',
    bar: 1,
    scenes: 25,
    make(random) {
      const y = between(random, 5, 10);
      const turn: Place = [between(random, 0.5, 2), y];
      return scene([walking(0, pace(random), [[-3, y], turn, [-3, y + between(random, -0.5, 0.5)]])], UPRIGHT);
    },
  },
  {
    name: 'turning back before the line',
    bar: 1,
    scenes: 20,
    make(random) {
      const y = between(random, 5, 10);
      return scene(
        [
          walking(0, pace(random), [
            [-3, y],
            [-between(random, 0.3, 0.8), y],
            [-3, y],
          ]),
        ],
        UPRIGHT,
      );
    },
  },
  {
    name: 'edge, out at the side of the picture',
    bar: 1,
    scenes: 25,
    make(random) {
      const y = between(random, 5, 8);
      const line = { ...UPRIGHT, p1: [0.9, 1] as [number, number], p2: [0.9, 0] as [number, number] };
      const route: Place[] = [
        [0, y],
        [8, y],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], line);
    },
  },
  {
    name: 'edge, out at the bottom of the picture',
    bar: 1,
    scenes: 25,
    make(random) {
      const x = between(random, -2, 2);
      const line = { ...FLAT, p1: [0, 0.85] as [number, number], p2: [1, 0.85] as [number, number] };
      const route: Place[] = [
        [x, 9],
        [x, 1.5],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], line);
    },
  },
  {
    name: 'past the end of the line',
    bar: 1,
    scenes: 25,
    make(random) {
      const isThrough = random() < 0.4;
      const y = isThrough ? between(random, 5.6, 6.4) : between(random, 8, 9.5);
      const route: Place[] = [
        [-4, y],
        [4, y],
      ];
      const line = lineBetween(ELEVATED, [0, 5], [0, 7]);
      return scene([walking(0, pace(random), eitherWay(random, route))], line);
    },
  },
  {
    name: 'over two lines, one behind the other',
    bar: 1,
    scenes: 15,
    make(random) {
      const y = between(random, 5, 10);
      const second = lineBetween(ELEVATED, [1, 3], [1, 16], 'foot', 'second');
      const route: Place[] = [
        [-3, y],
        [4, y],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], UPRIGHT, {
        lines: [UPRIGHT, second],
        flaws: ORDINARY,
      });
    },
  },
];
