import type { Direction } from '#protocol/geometry.ts';
import type { Scene } from './scene.ts';
import type { SceneClock } from './scene-clock.ts';
import type { TrueBox } from './truth.ts';

/** What the truth is taken from. */
export type TrueScene = Pick<Scene, 'durationMs' | 'line' | 'crossings' | 'truthBoxes'>;

export interface TrueCrossing {
  /** 1, 2, 3 ... since the scene started. */
  readonly n: number;
  /** Epoch ms. */
  readonly atMs: number;
  readonly line: string;
  readonly direction: Direction;
  readonly walkerId: string;
}

export interface CrossingsSoFar {
  readonly nowMs: number;
  /** All since the scene started, listed here or not. */
  readonly totals: Readonly<Record<Direction, number>>;
  /** Oldest first. */
  readonly crossings: readonly TrueCrossing[];
  /** There are later ones: ask again from the last one's `atMs` on. */
  readonly hasMore: boolean;
}

const MAX_LISTED = 5000;

/** A scene's truth at instants of the world: what a camera that misses nothing would have counted. */
export class CameraTruth {
  readonly #scene: TrueScene;
  readonly #clock: SceneClock;

  constructor(scene: TrueScene, clock: SceneClock) {
    this.#scene = scene;
    this.#clock = clock;
  }

  /** Crossings later than `sinceMs`, up to now; none until somebody plays. */
  crossings(sinceMs = -Infinity): CrossingsSoFar {
    const nowMs = this.#clock.epochMs();
    const happened = this.#countAt(nowMs);
    const seen = this.#countAt(Math.min(sinceMs, nowMs));
    let listed = Math.min(happened - seen, MAX_LISTED);
    // Never between two of one instant: the next question, by time, would miss the second.
    const timeOf = (place: number): number | undefined => this.#crossing(seen + place)?.atMs;
    while (listed < happened - seen && timeOf(listed) === timeOf(listed - 1)) listed += 1;
    return {
      nowMs,
      totals: { in: this.#totalOf('in', happened), out: this.#totalOf('out', happened) },
      crossings: Array.from({ length: listed }, (_, i) => this.#crossing(seen + i)).filter((one) => one !== null),
      hasMore: happened - seen > listed,
    };
  }

  /** Where everybody is at an instant, epoch ms; null for instants before the scene. */
  boxesAt(atMs: number): readonly TrueBox[] | null {
    const startedAtMs = this.#clock.startedAtMs;
    if (startedAtMs === null || atMs < startedAtMs) return null;
    return this.#scene.truthBoxes(atMs - startedAtMs);
  }

  /** How many crossings have happened by an instant, that instant included. */
  #countAt(atMs: number): number {
    const startedAtMs = this.#clock.startedAtMs;
    if (startedAtMs === null || atMs < startedAtMs) return 0;
    const perLoop = this.#scene.crossings();
    const loops = Math.floor((atMs - startedAtMs) / this.#scene.durationMs);
    const loopStartMs = startedAtMs + loops * this.#scene.durationMs;
    return loops * perLoop.length + perLoop.filter((crossing) => loopStartMs + crossing.tMs <= atMs).length;
  }

  #totalOf(direction: Direction, happened: number): number {
    const perLoop = this.#scene.crossings();
    if (perLoop.length === 0) return 0;
    const ofDirection = (crossings: readonly { direction: Direction }[]): number =>
      crossings.filter((crossing) => crossing.direction === direction).length;
    const loops = Math.floor(happened / perLoop.length);
    return loops * ofDirection(perLoop) + ofDirection(perLoop.slice(0, happened % perLoop.length));
  }

  #crossing(index: number): TrueCrossing | null {
    const startedAtMs = this.#clock.startedAtMs;
    const perLoop = this.#scene.crossings();
    const crossing = perLoop[index % perLoop.length];
    if (startedAtMs === null || crossing === undefined) return null;
    const loop = Math.floor(index / perLoop.length);
    return {
      n: index + 1,
      atMs: startedAtMs + loop * this.#scene.durationMs + crossing.tMs,
      line: this.#scene.line.id,
      direction: crossing.direction,
      walkerId: crossing.walkerId,
    };
  }
}
