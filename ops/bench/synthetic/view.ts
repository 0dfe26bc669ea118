import type { Box, Point } from '#protocol/geometry.ts';

/** A place on the ground in metres: x to the camera's right, y away from it. */
export type Place = readonly [x: number, y: number];

/** A pinhole camera above the ground. */
export interface View {
  readonly name: string;
  readonly heightM: number;
  /** How far it looks down: 0 to the horizon, 90 straight down. */
  readonly tiltDeg: number;
  readonly verticalFovDeg: number;
}

/** A standing person: a body of this radius above narrower feet. */
export interface Body {
  readonly heightM: number;
  readonly radiusM: number;
}

const ASPECT = 16 / 9;
const FEET_RADIUS_M = 0.1;

export const ELEVATED: View = { name: 'elevated', heightM: 4, tiltDeg: 30, verticalFovDeg: 50 };
export const STEEP: View = { name: 'steep', heightM: 4, tiltDeg: 48, verticalFovDeg: 60 };
export const EYE_LEVEL: View = { name: 'eye level', heightM: 2.2, tiltDeg: 12, verticalFovDeg: 55 };
export const OVERHEAD: View = { name: 'straight down', heightM: 4.5, tiltDeg: 90, verticalFovDeg: 75 };

/** Image fractions of a point `z` metres above the ground. It must lie before the camera. */
export function project(view: View, [x, y]: Place, z: number): Point {
  const { sin, cos, focal } = optics(view);
  const below = view.heightM - z;
  const depth = y * cos + below * sin;
  return [0.5 + ((x / depth) * focal) / ASPECT, 0.5 - ((y * sin - below * cos) / depth) * focal];
}

/** Where on the ground a point of the picture lies. It must lie below the horizon. */
export function unproject(view: View, [u, v]: Point): Place {
  const { sin, cos, focal } = optics(view);
  const right = ((u - 0.5) * ASPECT) / focal;
  const up = (0.5 - v) / focal;
  const range = view.heightM / (sin - up * cos);
  return [right * range, (cos + up * sin) * range];
}

/** The box around a body, also where it reaches beyond the picture. */
export function boxIn(view: View, place: Place, { heightM, radiusM }: Body): Box {
  const outline = [
    { z: 0, radius: FEET_RADIUS_M },
    { z: 0.75 * heightM, radius: radiusM },
    { z: heightM, radius: radiusM / 2 },
  ].flatMap(({ z, radius }) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((eighth) => {
      const angle = (eighth * Math.PI) / 4;
      return project(view, [place[0] + radius * Math.cos(angle), place[1] + radius * Math.sin(angle)], z);
    }),
  );
  const xs = outline.map(([x]) => x);
  const ys = outline.map(([, y]) => y);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

/** From the camera to a body's middle: who is nearer hides who is farther. */
export function distanceTo(view: View, [x, y]: Place, { heightM }: Body): number {
  return Math.hypot(x, y, view.heightM - heightM / 2);
}

function optics({ tiltDeg, verticalFovDeg }: View): { sin: number; cos: number; focal: number } {
  const tilt = (tiltDeg * Math.PI) / 180;
  return { sin: Math.sin(tilt), cos: Math.cos(tilt), focal: 0.5 / Math.tan((verticalFovDeg * Math.PI) / 360) };
}
