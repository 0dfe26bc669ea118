import type { Box } from '#protocol/geometry.ts';
import { addBody, type Ball } from './body.ts';
import { ASPECT, type View } from './view.ts';
import type { Colour, WalkerPose } from './walkers.ts';

/** A disc in image heights (see `Projected`). */
export interface Disc {
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

/** One piece of a body: the convex hull of its discs, in one colour. */
export interface FigurePart {
  readonly discs: readonly Disc[];
  readonly colour: Colour;
  readonly depthM: number;
}

/** A body as it stands in the picture, parts from far to near. What is drawn and what the true box encloses. */
export interface Figure {
  readonly walkerId: string;
  readonly parts: readonly FigurePart[];
  /** Tight around all parts, image fractions, not clipped to the picture. */
  readonly box: Box;
  /** Of the floor point below the body. */
  readonly depthM: number;
  /** The same point in the scene, metres, and how tall the body is: for its shadow. */
  readonly ground: { readonly x: number; readonly z: number };
  readonly heightM: number;
  /** The floor point below the body, image heights. */
  readonly foot: Disc;
}

export function figureOf(pose: WalkerPose, view: View): Figure {
  const parts: FigurePart[] = [];
  const add = (colour: Colour, balls: readonly Ball[], bias = 0): void => {
    const discs: Disc[] = [];
    let depthM = 0;
    for (const ball of balls) {
      const p = view.project(ball.at);
      discs.push({ x: p.x, y: p.y, r: ball.radiusM * p.scale });
      depthM += p.depthM / balls.length;
    }
    parts.push({ discs, colour, depthM: depthM - bias });
  };
  addBody(pose, add);
  parts.sort((a, b) => b.depthM - a.depthM);
  const ground = view.project({ x: pose.motion.x, y: 0, z: pose.motion.z });
  return {
    walkerId: pose.walkerId,
    parts,
    box: boxAround(parts),
    depthM: ground.depthM,
    ground: { x: pose.motion.x, z: pose.motion.z },
    heightM: pose.looks.heightM,
    foot: { x: ground.x, y: ground.y, r: 0.3 * ground.scale },
  };
}

/** From far to near. */
export function figuresOf(poses: readonly WalkerPose[], view: View): Figure[] {
  return poses.map((pose) => figureOf(pose, view)).sort((a, b) => b.depthM - a.depthM);
}

function boxAround(parts: readonly FigurePart[]): Box {
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const part of parts) {
    for (const { x, y, r } of part.discs) {
      x1 = Math.min(x1, x - r);
      y1 = Math.min(y1, y - r);
      x2 = Math.max(x2, x + r);
      y2 = Math.max(y2, y + r);
    }
  }
  return { x1: x1 / ASPECT, y1, x2: x2 / ASPECT, y2 };
}
