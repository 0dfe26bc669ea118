import type { Point } from '#protocol/geometry.ts';

/** A place in the scene, metres: x to the right, y up from the floor, z away from the camera's foot. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Where a camera hangs and how it looks: at (0, heightM, 0), turned by yaw (to the right) and pitch (down). */
export interface CameraPose {
  readonly heightM: number;
  readonly pitchDeg: number;
  readonly yawDeg: number;
  /** Vertical field of view. */
  readonly fovDeg: number;
}

/** Width over height of every picture of the simulator. */
export const ASPECT = 16 / 9;

/**
 * A place in the picture in *image heights*: x 0..ASPECT, y 0..1, origin top left. One unit is as long across as down,
 * so circles stay circles. `scale` is how long a metre is there, `depthM` the distance along the optical axis.
 */
export interface Projected {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly depthM: number;
}

export interface View {
  readonly pose: CameraPose;
  /** Places nearer than 10 cm to the camera's plane, or behind it, are pulled to 10 cm. */
  project(place: Place): Projected;
  /** A place on the floor in image fractions. */
  floorPoint(x: number, z: number): Point;
}

/** A pinhole camera. */
export function createView(pose: CameraPose): View {
  const pitch = (pose.pitchDeg * Math.PI) / 180;
  const yaw = (pose.yawDeg * Math.PI) / 180;
  const focal = 0.5 / Math.tan((pose.fovDeg * Math.PI) / 360);
  const [sinP, cosP, sinY, cosY] = [Math.sin(pitch), Math.cos(pitch), Math.sin(yaw), Math.cos(yaw)];
  const project = ({ x, y, z }: Place): Projected => {
    const across = x * cosY - z * sinY;
    const ahead = x * sinY + z * cosY;
    const below = pose.heightM - y;
    const depthM = Math.max(0.1, ahead * cosP + below * sinP);
    const scale = focal / depthM;
    return { x: ASPECT / 2 + across * scale, y: 0.5 - (ahead * sinP - below * cosP) * scale, scale, depthM };
  };
  return {
    pose,
    project,
    floorPoint: (x, z) => {
      const at = project({ x, y: 0, z });
      return [at.x / ASPECT, at.y];
    },
  };
}
