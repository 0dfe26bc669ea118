import { paintEntranceRoom, paintEntranceSun, paintEntranceWall } from './backdrop-entrance.ts';
import { paintHallRoom, paintHallSun } from './backdrop-hall.ts';
import type { Brush } from './brush.ts';
import type { Furniture } from './furniture.ts';
import type { SceneName } from './loop.port.ts';
import type { Light } from './paint-figure.ts';

/** What a place looks like: how its parts are painted and how light falls in it. */
export interface Decor {
  paintRoom(brush: Brush): void;
  /** Light that comes and goes, on a transparent ground; over the room, under the people. */
  paintSun(brush: Brush): void;
  paintWall(brush: Brush, wall: Extract<Furniture, { kind: 'wall' }>): void;
  readonly light: Light;
  /** Where shadows fall on the floor, metres for somebody of 1.7 m, and how dark they are. */
  readonly shadowX: number;
  readonly shadowZ: number;
  readonly shadowAlpha: number;
  /** Amplitude of the camera's noise, 0..1. */
  readonly noise: number;
}

const ENTRANCE_DECOR: Decor = {
  paintRoom: paintEntranceRoom,
  paintSun: paintEntranceSun,
  paintWall: paintEntranceWall,
  light: { fromX: 0.35, fromY: -0.94, contrast: 0.8, haze: [240, 226, 204], hazeShare: 0.16, hazeAtM: 12 },
  shadowX: -0.5,
  shadowZ: -1.3,
  shadowAlpha: 0.34,
  noise: 0.02,
};

const HALL_DECOR: Decor = {
  paintRoom: paintHallRoom,
  paintSun: paintHallSun,
  paintWall: () => undefined,
  light: { fromX: -0.75, fromY: -0.66, contrast: 0.85, haze: [232, 224, 212], hazeShare: 0.14, hazeAtM: 14 },
  shadowX: 0.95,
  shadowZ: 0.75,
  shadowAlpha: 0.32,
  noise: 0.02,
};

export function decorOf(scene: SceneName): Decor {
  return scene === 'entrance' ? ENTRANCE_DECOR : HALL_DECOR;
}
