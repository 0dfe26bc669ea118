import type { Line } from '#protocol/geometry.ts';
import type { Furniture } from './furniture.ts';
import type { SceneName } from './loop.port.ts';
import type { Random } from './random.ts';
import type { Waypoint } from './trajectory.ts';
import type { CameraPose } from './view.ts';

/** A place with its camera, its counting line and the ways people take through it. */
export interface Layout {
  readonly name: SceneName;
  readonly title: string;
  readonly camera: CameraPose;
  readonly furniture: readonly Furniture[];
  readonly line: Pick<Line, 'id' | 'name'>;
  /** The line's ends on the floor, metres. */
  readonly lineFrom: { readonly x: number; readonly z: number };
  readonly lineTo: { readonly x: number; readonly z: number };
  /** A way that crosses the line once, `in` or back; ends out of sight. */
  crossingPath(random: Random, isIn: boolean): Waypoint[];
  /** A way that never comes near the line; ends out of sight. */
  idlePath(random: Random): Waypoint[];
  /** How somebody in company walks: metres beside and behind the first. */
  readonly company: { readonly besideM: number; readonly behindM: number };
}

/** A lobby seen from above its desk: daylight behind a wide door, people come in towards the camera. */
const ENTRANCE: Layout = {
  name: 'entrance',
  title: 'Entrance',
  camera: { heightM: 3.5, pitchDeg: 21, yawDeg: 0, fovDeg: 50 },
  furniture: [
    {
      kind: 'wall',
      z: 12,
      fromX: -14,
      toX: 14,
      heightM: 5.2,
      openingFromX: -1.9,
      openingToX: 1.9,
      openingHeightM: 2.7,
    },
    { kind: 'plant', x: -2.75, z: 11.3, widthM: 1.1, heightM: 1.9 },
    { kind: 'plant', x: 2.75, z: 11.3, widthM: 1.05, heightM: 1.75 },
    { kind: 'bench', x: -5.3, z: 9.4, widthM: 0.7, depthM: 2.4, heightM: 0.46 },
    { kind: 'block', x: 5.4, z: 9.2, widthM: 1.1, depthM: 2.6, heightM: 1.08 },
    { kind: 'sign', x: 3.55, z: 7.4, widthM: 0.62, heightM: 1.65 },
  ],
  line: { id: 'door', name: 'Door' },
  lineFrom: { x: -3.1, z: 8.5 },
  lineTo: { x: 3.1, z: 8.5 },
  crossingPath(random, isIn) {
    const door = random.between(-1.25, 1.25);
    const outside = random.chance(0.5) ? -1 : 1;
    const side = random.pick([-1, -1, 1, 1, 0]);
    const within = door + random.between(-0.5, 0.5);
    const street: Waypoint[] = [
      { x: outside * random.between(6.5, 8), z: random.between(14.5, 16) },
      { x: door + outside * 0.7, z: 13.4 },
    ];
    const lobby: Waypoint[] =
      side === 0
        ? [
            { x: within * 1.2, z: 5.5 },
            { x: within * 1.3, z: 3 },
            { x: within * 1.3, z: -1.5 },
          ]
        : [
            { x: within + side * random.between(0.2, 0.8), z: random.between(5.4, 6) },
            { x: side * random.between(3, 3.6), z: random.between(3.7, 4.6) },
            { x: side * 7.5, z: random.between(2.8, 4) },
          ];
    const pausing = lobby[1];
    if (random.chance(0.2) && pausing !== undefined && side !== 0) {
      lobby[1] = {
        x: side * random.between(1.8, 2.6),
        z: random.between(3.9, 4.3),
        pauseMs: random.between(1500, 3500),
      };
    }
    const path = [...street, { x: door, z: 11.8 }, { x: within, z: 8.5 }, ...lobby];
    return isIn ? path : path.reverse();
  },
  idlePath(random) {
    const side = random.chance(0.5) ? -1 : 1;
    if (random.chance(0.4)) {
      const z = random.between(14, 17.5);
      return [
        { x: side * 7.5, z },
        { x: -side * 7.5, z: z + random.between(-0.4, 0.4) },
      ];
    }
    const z = random.between(3.7, 4.3);
    if (random.chance(0.5)) {
      return [
        { x: side * 7, z },
        { x: 0, z: z + random.between(-0.2, 0.2) },
        { x: -side * 7, z },
      ];
    }
    return [
      { x: side * 7, z },
      { x: side * random.between(0.6, 2.2), z, pauseMs: random.between(2500, 6000) },
      { x: side * 7, z: z + 0.3 },
    ];
  },
  company: { besideM: 0.95, behindM: 0.3 },
};

/** An atrium seen from its gallery: people cross from side to side, columns and benches stand between them. */
const HALL: Layout = {
  name: 'hall',
  title: 'Hall',
  camera: { heightM: 4.3, pitchDeg: 22, yawDeg: 10, fovDeg: 45 },
  furniture: [
    { kind: 'column', x: -3.1, z: 12.6, radiusM: 0.33, heightM: 7 },
    { kind: 'column', x: 6.1, z: 12.6, radiusM: 0.33, heightM: 7 },
    { kind: 'column', x: -1.9, z: 7.4, radiusM: 0.33, heightM: 7 },
    { kind: 'bench', x: 4.9, z: 8.3, widthM: 1.9, depthM: 0.55, heightM: 0.46 },
    { kind: 'bench', x: -4.6, z: 10.6, widthM: 1.9, depthM: 0.55, heightM: 0.46 },
    { kind: 'plant', x: 8, z: 13.6, widthM: 1.3, heightM: 2.2 },
    { kind: 'plant', x: -5.6, z: 13.6, widthM: 1.2, heightM: 2 },
  ],
  line: { id: 'passage', name: 'Passage' },
  lineFrom: { x: 1.35, z: 5.2 },
  lineTo: { x: 2.35, z: 14.4 },
  crossingPath(random, isIn) {
    const near = random.between(6.4, 13.2);
    const far = Math.min(14, Math.max(6, near + random.between(-1.6, 1.6)));
    // Before or behind the bench and the front column, not through them.
    const clear = (z: number, from: number, to: number): number =>
      z > from && z < to ? (z - from < to - z ? from : to) : z;
    const path: Waypoint[] = [
      { x: -12, z: near },
      { x: -1.9, z: clear(near, 6.6, 8.2) },
      { x: 1.9, z: (near + far) / 2 },
      { x: 4.9, z: clear(far, 7.5, 9.1) },
      { x: 17, z: far + random.between(-0.5, 1) },
    ];
    return isIn ? path : path.reverse();
  },
  idlePath(random) {
    if (random.chance(0.35)) {
      const z = random.between(9.3, 9.9);
      const x = random.between(-4.6, -3.4);
      return [
        { x: -12, z },
        { x, z, pauseMs: random.between(3000, 7000) },
        { x: -12, z: z + random.between(-0.3, 0.5) },
      ];
    }
    if (random.chance(0.5)) {
      const z = random.between(9.6, 11.4);
      return [
        { x: 17, z: z + 0.6 },
        { x: random.between(6.6, 7.6), z, pauseMs: random.between(2500, 6000) },
        { x: 17, z: z - random.between(0.2, 1.2) },
      ];
    }
    const x = random.between(7.3, 8.2);
    const path: Waypoint[] = [
      { x: x - 2.8, z: 0.5 },
      { x: x - 0.6, z: 7.6 },
      { x: x + 1.2, z: 11.5 },
      { x: x + 12, z: 13 },
    ];
    return random.chance(0.5) ? path : path.reverse();
  },
  company: { besideM: 0.75, behindM: 1.05 },
};

export function layoutOf(name: SceneName): Layout {
  return name === 'entrance' ? ENTRANCE : HALL;
}
