import type { Random } from './random.ts';
import type { Motion, Trajectory } from './trajectory.ts';

/** 0..255 each. */
export type Colour = readonly [number, number, number];

export type Legwear = 'trousers' | 'shorts' | 'skirt' | 'coat';
export type Hair = 'short' | 'long' | 'bun' | 'bald' | 'cap';
export type Bag = 'none' | 'backpack' | 'handbag' | 'shopping';

/** How somebody looks. Lengths in metres. */
export interface Looks {
  readonly heightM: number;
  /** 1 is average; widens the trunk and the limbs. */
  readonly build: number;
  readonly skin: Colour;
  readonly hairColour: Colour;
  readonly hair: Hair;
  readonly top: Colour;
  readonly longSleeves: boolean;
  readonly legwear: Legwear;
  readonly legs: Colour;
  readonly shoes: Colour;
  readonly bag: Bag;
  readonly bagColour: Colour;
  /** Side that carries: -1 left, 1 right. */
  readonly bagSide: -1 | 1;
  /** Share of the average swing of arms, 0.5..1.2. */
  readonly armSwing: number;
}

/** Somebody who comes, walks and leaves once per loop. */
export interface Walker {
  readonly id: string;
  readonly looks: Looks;
  /** Loop time at which the walk begins; it may run on past the loop's end into the next round. */
  readonly startMs: number;
  readonly trajectory: Trajectory;
  /** 0..1: where in the stride the walk begins. */
  readonly gaitOffset: number;
}

/** A body at an instant. `stride` 0..1 is the position in the gait cycle, `liveliness` 0 standing to 1 walking. */
export interface WalkerPose {
  readonly walkerId: string;
  readonly looks: Looks;
  readonly motion: Motion;
  readonly stride: number;
  readonly liveliness: number;
}

/** The pose at `tMs`, repeated every `loopMs`; null while the walker is away. */
export function walkerPoseAt(walker: Walker, tMs: number, loopMs: number): WalkerPose | null {
  const ageMs = (((tMs - walker.startMs) % loopMs) + loopMs) % loopMs;
  if (ageMs > walker.trajectory.durationMs) return null;
  const motion = walker.trajectory.at(ageMs);
  const cycles = motion.walkedM / strideLengthM(walker.looks, walker.trajectory.speedMps) + walker.gaitOffset;
  return {
    walkerId: walker.id,
    looks: walker.looks,
    motion,
    stride: cycles - Math.floor(cycles),
    liveliness: Math.min(1, motion.speedMps / (0.6 * walker.trajectory.speedMps)),
  };
}

export function posesOf(walkers: readonly Walker[], tMs: number, loopMs: number): WalkerPose[] {
  return walkers.flatMap((walker) => walkerPoseAt(walker, tMs, loopMs) ?? []);
}

/** Two steps. Faster walkers step longer (roughly with the square root of speed, as people do). */
export function strideLengthM(looks: Looks, speedMps: number): number {
  return looks.heightM * 0.66 * Math.min(1.15, Math.max(0.75, Math.sqrt(speedMps / 1.3)));
}

const SKINS: readonly [Colour, ...Colour[]] = [
  [241, 204, 177],
  [228, 180, 143],
  [205, 150, 112],
  [160, 108, 76],
  [115, 76, 54],
  [82, 54, 40],
];
const HAIRS: readonly [Colour, ...Colour[]] = [
  [38, 28, 24],
  [66, 44, 31],
  [110, 76, 46],
  [178, 138, 84],
  [120, 60, 34],
  [168, 165, 160],
  [92, 90, 90],
];
const TOPS: readonly [Colour, ...Colour[]] = [
  [188, 58, 52],
  [44, 82, 130],
  [228, 222, 210],
  [52, 58, 66],
  [74, 122, 92],
  [222, 168, 62],
  [126, 88, 142],
  [96, 140, 178],
  [214, 126, 96],
  [150, 152, 150],
  [36, 70, 74],
  [196, 168, 136],
];
const LEGS: readonly [Colour, ...Colour[]] = [
  [42, 52, 76],
  [58, 74, 108],
  [40, 40, 44],
  [92, 88, 82],
  [150, 132, 104],
  [70, 62, 58],
  [104, 112, 84],
];
const SHOES: readonly [Colour, ...Colour[]] = [
  [34, 30, 30],
  [232, 230, 226],
  [98, 66, 44],
  [64, 66, 74],
  [176, 62, 54],
];

/** Somebody at random; `heightM` outside 1.45..2 makes a child. */
export function randomLooks(random: Random, heightM = random.between(1.55, 1.92)): Looks {
  const isChild = heightM < 1.45;
  return {
    heightM,
    build: random.between(0.88, 1.2),
    skin: vary(random, random.pick(SKINS), 8),
    hairColour: vary(random, random.pick(HAIRS), 8),
    hair: random.pick(['short', 'short', 'short', 'long', 'long', 'bun', 'cap', isChild ? 'short' : 'bald']),
    top: vary(random, random.pick(TOPS), 18),
    longSleeves: random.chance(0.7),
    legwear: random.pick([
      'trousers',
      'trousers',
      'trousers',
      'trousers',
      'shorts',
      'skirt',
      isChild ? 'shorts' : 'coat',
    ]),
    legs: vary(random, random.pick(LEGS), 14),
    shoes: random.pick(SHOES),
    bag: random.pick([
      'none',
      'none',
      'none',
      'backpack',
      isChild ? 'backpack' : 'handbag',
      isChild ? 'none' : 'shopping',
    ]),
    bagColour: vary(random, random.pick(TOPS), 20),
    bagSide: random.chance(0.5) ? 1 : -1,
    armSwing: random.between(0.6, 1.1),
  };
}

/** What a walker of that height walks at when in no hurry, metres a second. */
export function randomSpeedMps(random: Random, heightM: number): number {
  return heightM < 1.45 ? random.between(0.95, 1.2) : random.between(1.05, 1.55);
}

function vary(random: Random, colour: Colour, by: number): Colour {
  const shift = random.between(-by, by);
  const channel = (value: number): number =>
    Math.round(Math.min(250, Math.max(8, value + shift + random.between(-by / 3, by / 3))));
  return [channel(colour[0]), channel(colour[1]), channel(colour[2])];
}
