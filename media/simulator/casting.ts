import type { Box, Line } from '#protocol/geometry.ts';
import { type Crossing, crossingsOf, footAt } from './crossings.ts';
import { figureOf, figuresOf } from './figure.ts';
import type { Occluder } from './furniture.ts';
import type { Layout } from './layout.ts';
import type { Random } from './random.ts';
import { createTrajectory, type Waypoint } from './trajectory.ts';
import { visibleShare } from './truth.ts';
import { ASPECT, type View } from './view.ts';
import { posesOf, randomLooks, randomSpeedMps, type Walker, walkerPoseAt } from './walkers.ts';

export interface Stage {
  readonly layout: Layout;
  readonly view: View;
  readonly occluders: readonly Occluder[];
  readonly line: Line;
  readonly loopMs: number;
  readonly random: Random;
}

const QUIET_START_MS = 3000;
const QUIET_END_MS = 1000;
const CROSSING_PARTIES = 11;
const IDLE_PARTIES = 6;
const TRIES = 60;
const AROUND_A_CROSSING_MS = Array.from({ length: 13 }, (_, i) => (i - 6) * 300);
/** Whoever crosses is in the picture for so long before and after. */
const SURELY_SEEN_MS = 900;

/**
 * Fills a loop with parties of one to three people. A party is kept only if it leaves the truth beyond dispute: whoever
 * crosses does so once, in full view, walking; whoever does not stays a body's height away from the line. Parties that
 * find no place after `TRIES` attempts stay at home, so the number of crossings differs a little from seed to seed.
 */
export function castWalkers(stage: Stage): Walker[] {
  const { random, loopMs } = stage;
  const cast: Walker[] = [];
  let nextId = 1;
  const admit = (propose: () => Walker[] | null): void => {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const party = propose();
      if (party === null || !isClear(stage, party, cast)) continue;
      cast.push(...party.map((walker) => ({ ...walker, id: `w${nextId++}` })));
      return;
    }
  };
  const spacing = (loopMs - QUIET_START_MS - QUIET_END_MS - 3500) / CROSSING_PARTIES;
  for (let i = 0; i < CROSSING_PARTIES; i++) {
    admit(() => {
      const atMs = i === 0 ? random.between(4200, 5600) : 4500 + spacing * (i + random.between(-0.3, 0.6));
      return crossingParty(stage, atMs, (i % 2 === 0) !== random.chance(0.3), `c${i}`);
    });
  }
  for (let i = 0; i < IDLE_PARTIES; i++) {
    admit(() => party(stage, stage.layout.idlePath(random), loopMs * random.unit(), `i${i}`));
  }
  return cast;
}

/** People whose first crosses the line at `atMs`. */
function crossingParty(stage: Stage, atMs: number, isIn: boolean, id: string): Walker[] | null {
  const { layout, line, view, loopMs, random } = stage;
  const people = party(stage, layout.crossingPath(random, isIn), 0, id);
  const first = people[0];
  if (first === undefined) return null;
  const crossing = crossingsOf(first, line, view, Infinity)[0];
  if (crossing === undefined) return null;
  const shiftMs = (((atMs - crossing.tMs) % loopMs) + loopMs) % loopMs;
  return people.map((walker) => ({ ...walker, startMs: (walker.startMs + shiftMs) % loopMs }));
}

function party(stage: Stage, path: readonly Waypoint[], startMs: number, id: string): Walker[] {
  const { layout, random } = stage;
  const size = random.pick([1, 1, 1, 1, 2, 2, 3]);
  const looks = Array.from({ length: size }, (_, i) =>
    randomLooks(random, i > 0 && random.chance(0.4) ? random.between(1.12, 1.4) : undefined),
  );
  const speed = Math.min(...looks.map((look) => randomSpeedMps(random, look.heightM)));
  const side = random.chance(0.5) ? 1 : -1;
  return looks.map((look, i) => {
    const shifted = i === 0 ? path : besidePath(path, side * layout.company.besideM * (i === 1 ? 1 : -1));
    return {
      id: `${id}.${i}`,
      looks: look,
      startMs: startMs + (i * layout.company.behindM * 1000) / speed,
      trajectory: createTrajectory(shifted, speed * random.between(0.985, 1.015)),
      gaitOffset: random.unit(),
    };
  });
}

/** The same way, moved sideways. */
function besidePath(path: readonly Waypoint[], besideM: number): Waypoint[] {
  return path.map((point, i) => {
    const before = path[Math.max(0, i - 1)] ?? point;
    const after = path[Math.min(path.length - 1, i + 1)] ?? point;
    const length = Math.hypot(after.x - before.x, after.z - before.z) || 1;
    return {
      ...point,
      x: point.x + ((after.z - before.z) / length) * besideM,
      z: point.z - ((after.x - before.x) / length) * besideM,
    };
  });
}

function isClear(stage: Stage, party: readonly Walker[], cast: readonly Walker[]): boolean {
  const { line, view, loopMs } = stage;
  const everyone = [...cast, ...party];
  for (const walker of party) {
    if (walker.trajectory.durationMs > loopMs - 1000) return false;
    const own = crossingsOf(walker, line, view, loopMs);
    if (own.length > 1) return false;
    if (!keepsAway(stage, walker, own.length === 1)) return false;
    if (own.some(({ tMs }) => tMs < QUIET_START_MS || tMs > loopMs - QUIET_END_MS)) return false;
    if (!own.every((crossing) => isPlainlySeen(stage, everyone, crossing))) return false;
  }
  // Nor may the newcomers hide somebody who was cast before.
  return cast
    .flatMap((walker) => crossingsOf(walker, line, view, loopMs))
    .filter(({ tMs }) => party.some((walker) => walkerPoseAt(walker, tMs, loopMs) !== null))
    .every((crossing) => isPlainlySeen(stage, everyone, crossing));
}

/** Within a body's height of the line only those who cross may be, and they walk on without slowing down. */
function keepsAway(stage: Stage, walker: Walker, crosses: boolean): boolean {
  for (let ageMs = 0; ageMs <= walker.trajectory.durationMs; ageMs += 150) {
    const pose = walkerPoseAt({ ...walker, startMs: 0 }, ageMs, stage.loopMs);
    if (pose === null) continue;
    const { box } = figureOf(pose, stage.view);
    const away = distanceToLine(stage.line, footAt(walker, stage.view, ageMs));
    if (away > 1.05 * (box.y2 - box.y1)) continue;
    if (!crosses || pose.motion.speedMps < 0.8 * walker.trajectory.speedMps) return false;
  }
  return true;
}

/** For nearly two seconds before and after, too: long enough for a tracker to be sure of each person near the line. */
function isPlainlySeen(stage: Stage, everyone: readonly Walker[], { walkerId, tMs }: Crossing): boolean {
  return AROUND_A_CROSSING_MS.every((offsetMs) => {
    const figures = figuresOf(posesOf(everyone, tMs + offsetMs, stage.loopMs), stage.view);
    const at = figures.findIndex((figure) => figure.walkerId === walkerId);
    const own = figures[at];
    if (own === undefined || !isWhollyInside(own.box)) return Math.abs(offsetMs) > SURELY_SEEN_MS;
    if (figures.some((other) => other !== own && coveredShare(own.box, other.box) >= 0.35)) return false;
    return visibleShare(own, figures.slice(at + 1), stage.occluders) >= 0.85;
  });
}

/** How much of a box lies within another, 0..1. */
function coveredShare(own: Box, other: Box): number {
  const width = Math.min(own.x2, other.x2) - Math.max(own.x1, other.x1);
  const height = Math.min(own.y2, other.y2) - Math.max(own.y1, other.y1);
  return width <= 0 || height <= 0 ? 0 : (width * height) / ((own.x2 - own.x1) * (own.y2 - own.y1));
}

function isWhollyInside({ x1, y1, x2, y2 }: Box): boolean {
  return x1 > 0.005 && y1 > 0.005 && x2 < 0.995 && y2 < 0.995;
}

/** From a point to the segment, both image fractions, in image heights. */
function distanceToLine(line: Line, point: readonly [number, number]): number {
  const [ax, ay] = [line.p1[0] * ASPECT, line.p1[1]];
  const [dx, dy] = [line.p2[0] * ASPECT - ax, line.p2[1] - ay];
  const [px, py] = [point[0] * ASPECT - ax, point[1] - ay];
  const u = Math.min(Math.max((px * dx + py * dy) / (dx * dx + dy * dy), 0), 1);
  return Math.hypot(px - u * dx, py - u * dy);
}
