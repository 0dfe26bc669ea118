import type { Random } from '#media/simulator/random.ts';
import { ASPECT, createView, type View } from '#media/simulator/view.ts';

const TALLEST_M = 1.95;
const FARTHEST_M = 19;

/** A camera and where in front of it (or behind its foot, when it looks straight down) people may stand. */
export interface Viewpoint {
  readonly view: View;
  readonly isSteep: boolean;
  /** Nearest z for people, and for the floor. */
  readonly peopleFromZ: number;
  readonly floorFromZ: number;
}

/** Under a ceiling, as most cameras hang. */
export function ceilingViewpoint(random: Random): Viewpoint {
  const view = createView({
    heightM: random.between(2.2, 6.5),
    pitchDeg: random.between(8, 46),
    yawDeg: 0,
    fovDeg: random.between(34, 68),
  });
  return { view, isSteep: false, peopleFromZ: 1.5, floorFromZ: 0.6 };
}

/** From eye level to straight down. */
export function anyViewpoint(random: Random): Viewpoint {
  const kind = random.pick(['eye', 'ceiling', 'steep', 'steep', 'down']);
  if (kind === 'ceiling') return ceilingViewpoint(random);
  const pose = {
    eye: () => [random.between(1.3, 2.2), random.between(0, 14), random.between(34, 65)] as const,
    steep: () => [random.between(2.8, 7), random.between(44, 76), random.between(45, 80)] as const,
    down: () => [random.between(2.8, 6), random.between(76, 90), random.between(60, 95)] as const,
  }[kind as 'eye' | 'steep' | 'down']();
  const view = createView({ heightM: pose[0], pitchDeg: pose[1], yawDeg: 0, fovDeg: pose[2] });
  return {
    view,
    isSteep: kind !== 'eye',
    peopleFromZ: Math.max(-9, firstSeenZ(view, TALLEST_M, 0.6)),
    floorFromZ: Math.max(-40, firstSeenZ(view, 0, 0.3)),
  };
}

/** The floor under a place of the picture (image heights), up to 19 m away; null for wall and sky. */
export function floorAt({ view, peopleFromZ }: Viewpoint, x: number, y: number): { x: number; z: number } | null {
  let [near, far] = [peopleFromZ, FARTHEST_M];
  if (view.project({ x: 0, y: 0, z: near }).y < y || view.project({ x: 0, y: 0, z: far }).y > y) return null;
  for (let i = 0; i < 30; i++) {
    const z = (near + far) / 2;
    if (view.project({ x: 0, y: 0, z }).y > y) near = z;
    else far = z;
  }
  const middle = view.project({ x: 0, y: 0, z: near });
  return { x: (x - middle.x) / middle.scale, z: near };
}

/** Somewhere on the floor that the camera sees, or straight ahead. */
export function anyFloor(viewpoint: Viewpoint, random: Random): { x: number; z: number } {
  const spot = floorAt(viewpoint, random.between(0, 1) * ASPECT, random.between(0.2, 1));
  return spot ?? { x: 2, z: viewpoint.isSteep ? 1 : 7 };
}

/** From which z on something `y` high is at least `depthM` in front of the camera. */
function firstSeenZ({ pose }: View, y: number, depthM: number): number {
  const pitch = (pose.pitchDeg * Math.PI) / 180;
  return (depthM - (pose.heightM - y) * Math.sin(pitch)) / Math.max(0.01, Math.cos(pitch));
}
