import type { Anchor, Box, Line } from '#protocol/geometry.ts';
import { ORDINARY, type Flaws } from './detector-eye.ts';
import type { Person } from './people.ts';
import { ELEVATED, project, type Place, type View } from './view.ts';

/** When frames are taken, and what happens to them on the way. */
export interface Filming {
  /** Frames a second from a time on, in order; the first from the beginning. */
  readonly rates: readonly { readonly fromMs: number; readonly fps: number }[];
  /** No frame between these times. */
  readonly gaps?: readonly { readonly fromMs: number; readonly toMs: number; readonly isNewRun?: boolean }[];
  /** The camera's clock is set: later frames carry times that are off by this much. */
  readonly clockStep?: { readonly atMs: number; readonly byMs: number };
  /** Part of the frames that never arrive. */
  readonly dropped?: number;
}

export interface Scene {
  readonly view: View;
  readonly lines: readonly Line[];
  readonly people: readonly Person[];
  readonly pillars?: readonly Box[];
  readonly flaws: Flaws;
  readonly filming: Filming;
}

/** A named situation. The same random numbers make the same scene. */
export interface Case {
  readonly name: string;
  /** The least part of all crossings that must be counted right, and 1 less the greatest part that may be counted wrongly. */
  readonly bar: number;
  readonly scenes: number;
  make(random: () => number): Scene;
}

/** Frames a second, where a case does not speak of it. */
const USUAL_FPS = 10;

export function filmedAt(fps: number, more: Omit<Filming, 'rates'> = {}): Filming {
  return { rates: [{ fromMs: -Infinity, fps }], ...more };
}

export function scene(people: readonly Person[], line: Line, more: Partial<Scene> = {}): Scene {
  return { view: ELEVATED, lines: [line], people, flaws: ORDINARY, filming: filmedAt(USUAL_FPS), ...more };
}

/** A line between two places on the ground. Its right side, when one goes from the first to the second, is `in`. */
export function lineBetween(view: View, from: Place, to: Place, anchor: Anchor = 'foot', id = 'line'): Line {
  return { id, name: id, p1: project(view, from, 0), p2: project(view, to, 0), anchor };
}

export function between(random: () => number, least: number, most: number): number {
  return least + (most - least) * random();
}

/** The route or its way back, each as often. */
export function eitherWay<T>(random: () => number, route: readonly T[]): T[] {
  return random() < 0.5 ? [...route] : route.toReversed();
}
