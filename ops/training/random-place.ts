import { type Figure, figuresOf } from '#media/simulator/figure.ts';
import { type Furniture, occluderOf } from '#media/simulator/furniture.ts';
import { createRandom, type Random } from '#media/simulator/random.ts';
import type { Picture } from '#media/simulator/render.ts';
import { ASPECT, createView, type View } from '#media/simulator/view.ts';
import { randomLooks, randomSpeedMps, strideLengthM, type WalkerPose } from '#media/simulator/walkers.ts';
import { randomDecor } from './random-decor.ts';

/** A place nobody has seen before with people who walk straight on for some seconds. */
export interface RandomPlace {
  readonly picture: Picture;
  readonly sun: number;
  /** From far to near. */
  figuresAt(tMs: number): Figure[];
}

interface Passer {
  readonly pose: WalkerPose;
  readonly speedMps: number;
}

export function createRandomPlace(seed: number): RandomPlace {
  const random = createRandom(`place ${seed}`);
  const view = createView({
    heightM: random.between(2.2, 6.5),
    pitchDeg: random.between(8, 46),
    yawDeg: 0,
    fovDeg: random.between(34, 68),
  });
  const furniture = randomFurniture(random, view);
  const passers = randomPassers(random, view);
  return {
    picture: {
      view,
      furniture,
      occluders: furniture.map((item) => occluderOf(item, view)),
      decor: randomDecor(random),
    },
    sun: random.unit(),
    figuresAt: (tMs) =>
      figuresOf(
        passers.map((passer) => walkedOn(passer, tMs)),
        view,
      ),
  };
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
function randomPassers(random: Random, view: View): Passer[] {
  const passers: Passer[] = [];
  const wanted = random.pick([0, 2, 3, 4, 5, 6, 7, 9, 12]);
  while (passers.length < wanted) {
    const spot = floorAt(view, random.between(-0.04, 1.04) * ASPECT, random.between(0.12, 1.12));
    if (spot === null) continue;
    const size = random.pick([1, 1, 1, 2, 3]);
    const heading = random.between(0, 2 * Math.PI);
    for (let i = 0; i < size; i++) {
      const looks = randomLooks(random, random.chance(0.18) ? random.between(1.05, 1.45) : random.between(1.5, 1.98));
      const isStanding = random.chance(0.18);
      const own = heading + random.between(-0.25, 0.25) + (random.chance(0.1) ? Math.PI : 0);
      passers.push({
        speedMps: isStanding ? 0 : randomSpeedMps(random, looks.heightM),
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

/** The floor under a place of the picture (image heights), within 2 to 19 m; null for wall and sky. */
function floorAt(view: View, x: number, y: number): { x: number; z: number } | null {
  let [near, far] = [1.5, 19];
  if (view.project({ x: 0, y: 0, z: near }).y < y || view.project({ x: 0, y: 0, z: far }).y > y) return null;
  for (let i = 0; i < 30; i++) {
    const z = (near + far) / 2;
    if (view.project({ x: 0, y: 0, z }).y > y) near = z;
    else far = z;
  }
  const middle = view.project({ x: 0, y: 0, z: near });
  return { x: (x - middle.x) / middle.scale, z: near };
}

function randomFurniture(random: Random, view: View): Furniture[] {
  return Array.from({ length: random.pick([0, 0, 1, 2, 3, 4]) }, (): Furniture => {
    const spot = floorAt(view, random.between(0, 1) * ASPECT, random.between(0.2, 1)) ?? { x: 2, z: 7 };
    const kind = random.pick<Exclude<Furniture['kind'], 'wall'>>(['column', 'plant', 'sign', 'block', 'bench']);
    if (kind === 'column') return { kind, ...spot, radiusM: random.between(0.1, 0.45), heightM: 9 };
    if (kind === 'plant') return { kind, ...spot, widthM: random.between(0.5, 1.5), heightM: random.between(0.8, 2.4) };
    if (kind === 'sign') return { kind, ...spot, widthM: random.between(0.4, 0.9), heightM: random.between(1.2, 1.9) };
    const size = { widthM: random.between(0.5, 2.4), depthM: random.between(0.4, 2) };
    return { kind, ...spot, ...size, heightM: kind === 'bench' ? 0.46 : random.between(0.6, 1.3) };
  });
}
