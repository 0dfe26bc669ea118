import type { Box } from '#protocol/geometry.ts';
import { ADULT, walking, type Person } from '../people.ts';
import { between, eitherWay, lineBetween, scene, type Case } from '../scene.ts';
import { OVERHEAD, STEEP, type Place } from '../view.ts';
import { FLAT, UPRIGHT } from './alone.ts';

const LOOSE_FIVE: readonly Place[] = [
  [-0.8, 0],
  [0, 0.2],
  [0.8, 0],
  [-0.4, 1.4],
  [0.4, 1.4],
];

const pace = (random: () => number): number => between(random, 0.9, 1.6);

/** People side by side or one behind another, who come towards the camera or go away from it, from one place to the other. */
function group(random: () => number, places: readonly Place[], far = 12, near = 4): Person[] {
  const speed = pace(random);
  const x = between(random, -1.5, 1.5);
  const isComing = random() < 0.5;
  return places.map(([beside, behind]) => {
    const own = x + beside + between(random, -0.08, 0.08);
    const route: Place[] = [
      [own, far + behind],
      [own, near + behind],
    ];
    const heightM = between(random, 1.55, 1.9);
    const startMs = between(random, 0, 150);
    return walking(startMs, speed, isComing ? route : route.toReversed(), { ...ADULT, heightM });
  });
}

/** Several people, who hide one another. */
export const together: readonly Case[] = [
  {
    name: 'two abreast',
    bar: 1,
    scenes: 30,
    make: (random) =>
      scene(
        group(random, [
          [0, 0],
          [between(random, 0.65, 1), 0],
        ]),
        FLAT,
      ),
  },
  {
    name: 'opposite crossings, seen from the side',
    bar: 0.95,
    scenes: 40,
    make(random) {
      const y = between(random, 5, 8);
      const speed = pace(random);
      const other = y + between(random, 0.7, 1.6);
      const left = walking(0, speed, [
        [-4, y],
        [4, y],
      ]);
      const right = walking(between(random, -200, 200), speed * between(random, 0.9, 1.1), [
        [4, other],
        [-4, other],
      ]);
      return scene([left, right], UPRIGHT);
    },
  },
  {
    name: 'opposite crossings, towards and away',
    bar: 0.95,
    scenes: 40,
    make(random) {
      const x = between(random, -1.5, 1.5);
      const speed = pace(random);
      const other = x + between(random, 0.6, 1.1);
      const coming = walking(0, speed, [
        [x, 11],
        [x, 4],
      ]);
      const going = walking(between(random, 200, 600), speed * between(random, 0.9, 1.1), [
        [other, 4],
        [other, 11],
      ]);
      return scene([coming, going], FLAT);
    },
  },
  {
    name: 'two pairs against each other',
    bar: 0.95,
    scenes: 15,
    make(random) {
      const x = between(random, -1, 0);
      const speed = pace(random);
      const lane = (place: number): number => x + 0.75 * place + between(random, -0.05, 0.05);
      const people = [0, 1, 2, 3].map((place) => {
        const route: Place[] = [
          [lane(place), 11],
          [lane(place), 4],
        ];
        return walking(between(random, 0, 300), speed, place % 2 === 0 ? route : route.toReversed());
      });
      return scene(people, FLAT);
    },
  },
  {
    name: 'group of five, seen steeply',
    bar: 0.95,
    scenes: 25,
    make(random) {
      const line = lineBetween(STEEP, [-3, 4], [3, 4]);
      return scene(group(random, LOOSE_FIVE, 8.5, 1.5), line, { view: STEEP });
    },
  },
  {
    name: 'group of five, spread out',
    bar: 0.95,
    scenes: 25,
    make: (random) =>
      scene(
        group(random, [
          [-1.4, 0],
          [-0.7, 0.3],
          [0, 0],
          [0.7, 0.3],
          [1.4, 0],
        ]),
        FLAT,
      ),
  },
  {
    name: 'group of five from straight above',
    bar: 0.95,
    scenes: 20,
    make(random) {
      const line = lineBetween(OVERHEAD, [0, -3], [0, 3]);
      const speed = pace(random);
      const isLeft = random() < 0.5;
      const people = [-1, -0.5, 0, 0.5, 1].map((y, index) => {
        const lag = (index % 2) * 0.9;
        const route: Place[] = [
          [-3.5 - lag, y],
          [3.5 - lag, y],
        ];
        return walking(between(random, 0, 100), speed, isLeft ? route : route.toReversed());
      });
      return scene(people, line, { view: OVERHEAD });
    },
  },
  {
    name: 'in single file',
    bar: 1,
    scenes: 15,
    make(random) {
      const y = between(random, 5, 9);
      const speed = pace(random);
      const route = eitherWay<Place>(random, [
        [-4, y],
        [4, y],
      ]);
      return scene(
        [0, 1, 2, 3].map((place) => walking((place * 1100) / speed, speed, route)),
        UPRIGHT,
      );
    },
  },
  {
    name: 'meeting at the line and turning back',
    bar: 1,
    scenes: 20,
    make(random) {
      const y = between(random, 5, 9);
      const apart = between(random, 0.4, 0.6);
      const speed = pace(random);
      return scene(
        [
          walking(0, speed, [[-3, y], [-apart, y], 2000, [-3, y]]),
          walking(between(random, 0, 300), speed, [[3, y + 0.2], [apart, y + 0.2], 2000, [3, y + 0.2]]),
        ],
        UPRIGHT,
      );
    },
  },
  {
    name: 'meeting at the line and changing places',
    bar: 0.95,
    scenes: 20,
    make(random) {
      const y = between(random, 5, 8);
      const other = y + between(random, 0.7, 1.2);
      const apart = between(random, 0.4, 0.6);
      const speed = pace(random);
      return scene(
        [
          walking(0, speed, [[-3, y], [-apart, y], 1500, [3, y]]),
          walking(between(random, 0, 300), speed, [[3, other], [apart, other], 1500, [-3, other]]),
        ],
        UPRIGHT,
      );
    },
  },
  {
    name: 'behind a pillar at the line',
    bar: 0.95,
    scenes: 25,
    make(random) {
      const y = between(random, 6, 9);
      const half = between(random, 0.02, 0.05);
      const pillar: Box = { x1: 0.5 - half, y1: 0, x2: 0.5 + half, y2: 1 };
      const route: Place[] = [
        [-4, y],
        [4, y],
      ];
      return scene([walking(0, pace(random), eitherWay(random, route))], UPRIGHT, { pillars: [pillar] });
    },
  },
  {
    name: 'pushchair',
    bar: 1,
    scenes: 25,
    make(random) {
      const y = between(random, 5, 8);
      const speed = between(random, 0.8, 1.3);
      const ahead = between(random, 0.6, 0.85);
      const isRightwards = random() < 0.5;
      const towards = isRightwards ? 1 : -1;
      const adult = walking(0, speed, [
        [-4 * towards, y],
        [4 * towards, y],
      ]);
      const chair = walking(
        0,
        speed,
        [
          [(-4 + ahead) * towards, y],
          [(4 + ahead) * towards, y],
        ],
        { heightM: 0.8, radiusM: 0.25 },
      );
      return scene([adult, { ...chair, isPushed: true }], UPRIGHT);
    },
  },
  {
    name: 'crowd both ways',
    bar: 0.9,
    scenes: 6,
    make(random) {
      const people = Array.from({ length: 14 }, () => {
        const x = between(random, -3, 3);
        const route: Place[] = [
          [x, 12],
          [x + between(random, -0.8, 0.8), 4],
        ];
        return walking(between(random, 0, 20_000), pace(random), eitherWay(random, route));
      });
      return scene(people, FLAT);
    },
  },
];
