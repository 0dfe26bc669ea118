import type { Direction, Line } from '#protocol/geometry.ts';
import { sideOf } from '#protocol/geometry.ts';
import { unproject, type Body, type Place, type View } from './view.ts';

/** Where somebody is at a time; between two of them they walk straight and evenly. */
export interface Stop {
  readonly tMs: number;
  readonly at: Place;
}

export interface Person {
  readonly body: Body;
  /** In the scene from the first to the last. */
  readonly way: readonly Stop[];
  /** Pushed along in front of somebody: detected now and then, but nobody who walks. */
  readonly isPushed?: boolean;
}

export interface TrueCrossing {
  readonly line: string;
  readonly direction: Direction;
  /** From the last moment clear of the line on the one side to the first on the other. */
  readonly fromMs: number;
  readonly toMs: number;
}

export const ADULT: Body = { heightM: 1.72, radiusM: 0.26 };

/** Walks through places at a speed; a number between places is a pause, ms. */
export function walking(
  startMs: number,
  metresPerSecond: number,
  route: readonly (Place | number)[],
  body: Body = ADULT,
): Person {
  const way: Stop[] = [];
  let tMs = startMs;
  for (const step of route) {
    const last = way.at(-1);
    if (typeof step === 'number') {
      tMs += step;
      if (last !== undefined) way.push({ tMs, at: last.at });
      continue;
    }
    if (last !== undefined) {
      tMs += (Math.hypot(step[0] - last.at[0], step[1] - last.at[1]) / metresPerSecond) * 1000;
    }
    way.push({ tMs, at: step });
  }
  return { body, way };
}

/** Null before and after their time in the scene. */
export function placeOf({ way }: Person, tMs: number): Place | null {
  const next = way.findIndex((stop) => stop.tMs >= tMs);
  const to = way[next];
  if (to === undefined) return null;
  const from = way[next - 1];
  if (from === undefined) return to.tMs === tMs ? to.at : null;
  const part = (tMs - from.tMs) / (to.tMs - from.tMs);
  return [from.at[0] + part * (to.at[0] - from.at[0]), from.at[1] + part * (to.at[1] - from.at[1])];
}

/** Who goes beyond a line by less than this and comes back has only swayed. */
const SWAY_M = 0.2;

/** Every passage of people's ways on the ground through what the line marks there. */
export function crossingsOf(people: readonly Person[], view: View, line: Line): TrueCrossing[] {
  const ends = [unproject(view, line.p1), unproject(view, line.p2)] as const;
  return people
    .filter(({ isPushed }) => isPushed !== true)
    .flatMap((person) => passagesOf(person, ends).map((passage) => ({ line: line.id, ...passage })))
    .sort((a, b) => a.fromMs - b.fromMs);
}

function passagesOf({ way }: Person, [p1, p2]: readonly [Place, Place]): Omit<TrueCrossing, 'line'>[] {
  const length = Math.hypot(p2[0] - p1[0], p2[1] - p1[1]);
  // Metres; seen from above y runs the other way than in the picture, so the sign is turned.
  const beyond = (at: Place): number => -cross(p1, p2, at) / length;
  const passages: Omit<TrueCrossing, 'line'>[] = [];
  let side = 0;
  let clearAtMs = 0;
  let meetings = 0;
  way.forEach((to, index) => {
    const from = way[index - 1] ?? to;
    const [before, after] = [beyond(from.at), beyond(to.at)];
    const whenAt = (distance: number): number =>
      from.tMs + ((distance - before) / (after - before)) * (to.tMs - from.tMs);
    const isBetweenEnds = cross(from.at, to.at, p1) < 0 !== cross(from.at, to.at, p2) < 0;
    if (before * side >= SWAY_M && after * side < SWAY_M) clearAtMs = whenAt(side * SWAY_M);
    if (before < 0 !== after < 0 && isBetweenEnds) meetings += 1;
    if (Math.abs(after) < SWAY_M) return;
    const isOther = side * after < 0;
    if (isOther && meetings % 2 === 1) {
      const direction = after > 0 ? 'in' : 'out';
      passages.push({ direction, fromMs: clearAtMs, toMs: whenAt(-side * SWAY_M) });
    }
    side = Math.sign(after);
    meetings = 0;
  });
  return passages;
}

function cross(a: Place, b: Place, at: Place): number {
  return sideOf([...a], [...b], [...at]);
}
