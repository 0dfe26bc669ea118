import { type Figure, figuresOf } from '#media/simulator/figure.ts';
import { type Furniture, occluderOf } from '#media/simulator/furniture.ts';
import { createRandom, type Random } from '#media/simulator/random.ts';
import type { Picture } from '#media/simulator/render.ts';
import { trueBoxes, type TrueBox } from '#media/simulator/truth.ts';
import { ASPECT, type View } from '#media/simulator/view.ts';
import { randomLooks, randomSpeedMps, strideLengthM, type WalkerPose } from '#media/simulator/walkers.ts';
import { figureOfThing, randomThing, type Thing } from './carried-things.ts';
import { randomDecor } from './random-decor.ts';
import { anyFloor, anyViewpoint, ceilingViewpoint, floorAt, type Viewpoint } from './random-view.ts';

/** A place nobody has seen before with people who walk straight on for some seconds. */
export interface RandomPlace {
  readonly picture: Picture;
  readonly sun: number;
  /** From far to near, what they have along included. */
  figuresAt(tMs: number): Figure[];
  /** Of the people only. */
  boxesAt(tMs: number): TrueBox[];
}

/** `usual`: a camera under a ceiling. `hard`: any viewpoint, crowds, and people with umbrellas, pushchairs and bags. */
export type Difficulty = 'usual' | 'hard';

interface Passer {
  readonly pose: WalkerPose;
  readonly speedMps: number;
  readonly thing: Thing | null;
}

const CROWDS = { usual: [0, 2, 3, 4, 5, 6, 7, 9, 12], hard: [1, 3, 5, 8, 12, 18, 26] } as const;
const THING_SHARE = 0.3;
/** Before the id of the owner. */
const THING = 'thing-';

export function createRandomPlace(seed: number, difficulty: Difficulty = 'usual'): RandomPlace {
  const isHard = difficulty === 'hard';
  const random = createRandom(isHard ? `hard place ${seed}` : `place ${seed}`);
  const viewpoint = isHard ? anyViewpoint(random) : ceilingViewpoint(random);
  const { view } = viewpoint;
  const furniture = randomFurniture(random, viewpoint);
  const occluders = furniture.map((item) => occluderOf(item, view));
  const passers = randomPassers(random, viewpoint, difficulty);
  const figuresAt = (tMs: number): Figure[] => figuresOfAll(passers, tMs, view);
  return {
    picture: { view, furniture, occluders, decor: randomDecor(random, viewpoint) },
    sun: random.unit(),
    figuresAt,
    boxesAt: (tMs) => trueBoxes(figuresAt(tMs), occluders).filter(({ walkerId }) => !walkerId.startsWith(THING)),
  };
}

function figuresOfAll(passers: readonly Passer[], tMs: number, view: View): Figure[] {
  const poses = passers.map((passer) => walkedOn(passer, tMs));
  const people = figuresOf(poses, view);
  const things = passers.flatMap(({ thing }, i) => {
    const pose = poses[i];
    const owner = people.find(({ walkerId }) => walkerId === pose?.walkerId);
    if (thing === null || pose === undefined || owner === undefined) return [];
    return [{ ...figureOfThing(thing, pose, owner, view), walkerId: `${THING}${owner.walkerId}` }];
  });
  return [...people, ...things].sort((a, b) => b.depthM - a.depthM);
}

function walkedOn({ pose, speedMps }: Passer, tMs: number): WalkerPose {
  const gone = (speedMps * tMs) / 1000;
  const cycles = pose.stride + gone / strideLengthM(pose.looks, Math.max(0.5, speedMps));
  const { motion } = pose;
  return {
    ...pose,
    stride: cycles - Math.floor(cycles),
    motion: { ...motion, x: motion.x + motion.facingX * gone, z: motion.z + motion.facingZ * gone },
  };
}

/** Few or many, alone or in clusters, wherever the camera sees the floor; some half outside the picture. */
function randomPassers(random: Random, viewpoint: Viewpoint, difficulty: Difficulty): Passer[] {
  const passers: Passer[] = [];
  const wanted = random.pick<number>(CROWDS[difficulty]);
  while (passers.length < wanted) {
    const spot = floorAt(viewpoint, random.between(-0.04, 1.04) * ASPECT, random.between(0.12, 1.12));
    if (spot === null) continue;
    const size = random.pick([1, 1, 1, 2, 3]);
    const heading = random.between(0, 2 * Math.PI);
    for (let i = 0; i < size; i++) {
      const looks = randomLooks(random, random.chance(0.18) ? random.between(1.05, 1.45) : random.between(1.5, 1.98));
      const isStanding = random.chance(0.18);
      const own = heading + random.between(-0.25, 0.25) + (random.chance(0.1) ? Math.PI : 0);
      passers.push({
        speedMps: isStanding ? 0 : randomSpeedMps(random, looks.heightM),
        thing: difficulty === 'hard' && random.chance(THING_SHARE) ? randomThing(random) : null,
        pose: {
          walkerId: String(passers.length),
          looks,
          stride: random.unit(),
          liveliness: isStanding ? random.between(0, 0.15) : 1,
          motion: {
            x: spot.x + (i === 0 ? 0 : random.between(-1.1, 1.1)),
            z: spot.z + (i === 0 ? 0 : random.between(-1.1, 1.1)),
            facingX: Math.sin(own),
            facingZ: Math.cos(own),
            speedMps: 0,
            walkedM: 0,
          },
        },
      });
    }
  }
  return passers;
}

function randomFurniture(random: Random, viewpoint: Viewpoint): Furniture[] {
  return Array.from({ length: random.pick([0, 0, 1, 2, 3, 4]) }, (): Furniture => {
    const spot = anyFloor(viewpoint, random);
    const kind = random.pick<Exclude<Furniture['kind'], 'wall'>>(['column', 'plant', 'sign', 'block', 'bench']);
    // A column that reaches past a camera that looks down would stand in front of everything.
    if (kind === 'column' && !viewpoint.isSteep)
      return { kind, ...spot, radiusM: random.between(0.1, 0.45), heightM: 9 };
    if (kind === 'plant') return { kind, ...spot, widthM: random.between(0.5, 1.5), heightM: random.between(0.8, 2.4) };
    if (kind === 'sign') return { kind, ...spot, widthM: random.between(0.4, 0.9), heightM: random.between(1.2, 1.9) };
    const size = { widthM: random.between(0.5, 2.4), depthM: random.between(0.4, 2) };
    if (kind === 'column') return { kind: 'block', ...spot, ...size, heightM: 1 };
    return { kind, ...spot, ...size, heightM: kind === 'bench' ? 0.46 : random.between(0.6, 1.3) };
  });
}
