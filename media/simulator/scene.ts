import type { Line } from '#protocol/geometry.ts';
import { castWalkers } from './casting.ts';
import { type Crossing, crossingsOf } from './crossings.ts';
import { type Figure, figuresOf } from './figure.ts';
import { type Furniture, type Occluder, occluderOf } from './furniture.ts';
import { layoutOf } from './layout.ts';
import type { SceneName } from './loop.port.ts';
import { createRandom } from './random.ts';
import { type TrueBox, trueBoxes } from './truth.ts';
import { createView, type View } from './view.ts';
import { posesOf, type Walker, type WalkerPose } from './walkers.ts';

/** 72 s close on whole groups of pictures of 2 s at 10, 12 and 15 pictures a second. */
export const LOOP_MS = 72_000;

/**
 * A place with people in it, all of it a pure function of name, seed and time. Everything repeats every `durationMs`;
 * any time is allowed and taken modulo that. Nobody crosses the line in the first 3 s or the last second of the loop.
 */
export interface Scene {
  readonly name: SceneName;
  readonly title: string;
  readonly seed: number;
  readonly durationMs: number;
  readonly view: View;
  readonly furniture: readonly Furniture[];
  readonly occluders: readonly Occluder[];
  readonly walkers: readonly Walker[];
  readonly line: Line;
  poseAt(tMs: number): WalkerPose[];
  /** Bodies in the picture's plane, from far to near. */
  figuresAt(tMs: number): Figure[];
  /** From far to near; only who can be seen at least in part. */
  truthBoxes(tMs: number): TrueBox[];
  /** Of one loop, in order of time. */
  crossings(): readonly Crossing[];
}

export function createScene(name: SceneName, seed: number): Scene {
  const layout = layoutOf(name);
  const view = createView(layout.camera);
  const occluders = layout.furniture.map((item) => occluderOf(item, view));
  const line: Line = {
    ...layout.line,
    p1: view.floorPoint(layout.lineFrom.x, layout.lineFrom.z),
    p2: view.floorPoint(layout.lineTo.x, layout.lineTo.z),
    anchor: 'foot',
  };
  const random = createRandom(`${name} ${seed}`);
  const walkers = castWalkers({ layout, view, occluders, line, loopMs: LOOP_MS, random });
  const crossings = walkers.flatMap((walker) => crossingsOf(walker, line, view, LOOP_MS)).sort((a, b) => a.tMs - b.tMs);
  const poseAt = (tMs: number): WalkerPose[] => posesOf(walkers, ((tMs % LOOP_MS) + LOOP_MS) % LOOP_MS, LOOP_MS);
  const figuresAt = (tMs: number): Figure[] => figuresOf(poseAt(tMs), view);
  return {
    name,
    title: layout.title,
    seed,
    durationMs: LOOP_MS,
    view,
    furniture: layout.furniture,
    occluders,
    walkers,
    line,
    poseAt,
    figuresAt,
    truthBoxes: (tMs) => trueBoxes(figuresAt(tMs), occluders),
    crossings: () => crossings,
  };
}
