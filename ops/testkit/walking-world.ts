import { sideOf, type Box, type Direction, type Line, type Point } from '#protocol/geometry.ts';
import type { Detection } from '#actors/inference/detector.port.ts';

/** Somebody's feet at a time; between two waypoints they walk straight and evenly. */
export interface Waypoint {
  readonly tMs: number;
  readonly foot: Point;
}

/** Seen from the first waypoint to the last. */
export interface Walker {
  readonly way: readonly Waypoint[];
  readonly heightFrac: number;
}

/** What stands between the true boxes and the detector's. Every chance is per frame or per box. */
export interface Watching {
  readonly seed: number;
  readonly fps: number;
  /** Standard deviation of each edge of a box, in units of the box. */
  readonly jitter?: number;
  /** A visible person is not detected. */
  readonly missed?: number;
  /** A person who is not detected stays so for this long. */
  readonly missedForMs?: number;
  /** A frame never arrives. */
  readonly dropped?: number;
  /** Frames come up to this much early or late. */
  readonly lateMs?: number;
  /** A box where nobody is. */
  readonly ghosts?: number;
  /** Nearer people hide farther ones. */
  readonly hasOcclusion?: boolean;
}

export interface WatchedFrame {
  readonly timeMs: number;
  readonly detections: readonly Detection[];
}

export interface TrueCrossing {
  readonly walker: number;
  readonly direction: Direction;
  readonly tMs: number;
}

/** Width of a person's box in parts of its height, both in picture fractions of a 16:9 picture. */
const WIDTH_PER_HEIGHT = (0.4 * 9) / 16;

/** Numbers in 0..1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Somebody who walks from foot point to foot point at an even pace. */
export function walk(startMs: number, durationMs: number, feet: readonly Point[], heightFrac = 0.3): Walker {
  const lengths = feet.slice(1).map((foot, index) => {
    const from = feet[index] ?? foot;
    return Math.hypot(foot[0] - from[0], foot[1] - from[1]);
  });
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let gone = 0;
  const way = feet.map((foot, index) => {
    gone += index === 0 ? 0 : (lengths[index - 1] ?? 0);
    return { tMs: startMs + (whole === 0 ? (index / feet.length) * durationMs : (gone / whole) * durationMs), foot };
  });
  return { way, heightFrac };
}

export function footAt({ way }: Walker, tMs: number): Point | null {
  const next = way.findIndex((waypoint) => waypoint.tMs >= tMs);
  const to = way[next];
  if (to === undefined) return null;
  const from = way[next - 1];
  if (from === undefined) return to.tMs === tMs ? to.foot : null;
  const part = (tMs - from.tMs) / (to.tMs - from.tMs);
  return [from.foot[0] + part * (to.foot[0] - from.foot[0]), from.foot[1] + part * (to.foot[1] - from.foot[1])];
}

export function boxAround(foot: Point, heightFrac: number): Box {
  const half = (heightFrac * WIDTH_PER_HEIGHT) / 2;
  return { x1: foot[0] - half, y1: foot[1] - heightFrac, x2: foot[0] + half, y2: foot[1] };
}

/** Every passage of a walker's feet through the segment. */
export function trueCrossings(walkers: readonly Walker[], line: Pick<Line, 'p1' | 'p2'>): TrueCrossing[] {
  return walkers
    .flatMap(({ way }, walker) =>
      way.slice(1).flatMap((to, index): TrueCrossing[] => {
        const from = way[index] ?? to;
        const before = sideOf(line.p1, line.p2, from.foot);
        const after = sideOf(line.p1, line.p2, to.foot);
        const isStraddling = sideOf(from.foot, to.foot, line.p1) < 0 !== sideOf(from.foot, to.foot, line.p2) < 0;
        if (before < 0 === after < 0 || !isStraddling) return [];
        const tMs = from.tMs + (before / (before - after)) * (to.tMs - from.tMs);
        return [{ walker, direction: before < 0 ? 'in' : 'out', tMs }];
      }),
    )
    .sort((a, b) => a.tMs - b.tMs);
}

/** The frames of a camera that watches the walkers until all are gone and for two seconds more. */
export function watch(walkers: readonly Walker[], watching: Watching): WatchedFrame[] {
  const random = seededRandom(watching.seed);
  const { jitter = 0, missed = 0, missedForMs = 0, dropped = 0, lateMs = 0, ghosts = 0, fps } = watching;
  const firstMs = Math.min(...walkers.map(({ way }) => way[0]?.tMs ?? Infinity));
  const lastMs = Math.max(...walkers.map(({ way }) => way.at(-1)?.tMs ?? -Infinity)) + 2000;
  const unseenUntilMs = new Map<number, number>();
  const frames: WatchedFrame[] = [];
  for (let dueMs = firstMs; dueMs <= lastMs; dueMs += 1000 / fps) {
    const timeMs = dueMs + (random() - 0.5) * 2 * lateMs;
    if (random() < dropped) continue;
    const present = walkers.flatMap((walker, index) => {
      const foot = footAt(walker, timeMs);
      return foot === null ? [] : [{ index, box: boxAround(foot, walker.heightFrac) }];
    });
    const detections: Detection[] = [];
    for (const { index, box } of present) {
      if (random() < missed) unseenUntilMs.set(index, timeMs + missedForMs);
      const nearer = present
        .filter((other) => other.index !== index && other.box.y2 > box.y2)
        .map((other) => other.box);
      const hidden = watching.hasOcclusion === true ? hiddenPart(box, nearer) : 0;
      const score = 0.85 - 0.75 * hidden + 0.06 * gaussian(random);
      const shaken = shake(box, jitter, random);
      if (timeMs <= (unseenUntilMs.get(index) ?? -Infinity) || hidden > 0.85) continue;
      detections.push({ box: shaken, score: Math.min(0.99, Math.max(0.05, score)) });
    }
    if (random() < ghosts) {
      detections.push({
        box: boxAround([random(), 0.3 + 0.7 * random()], 0.1 + 0.3 * random()),
        score: 0.3 + 0.4 * random(),
      });
    }
    frames.push({ timeMs, detections });
  }
  return frames;
}

function shake(box: Box, jitter: number, random: () => number): Box {
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  const edge = (value: number, size: number) => value + jitter * size * gaussian(random);
  return { x1: edge(box.x1, width), y1: edge(box.y1, height), x2: edge(box.x2, width), y2: edge(box.y2, height) };
}

/** How much of the box the others cover together, by a grid of points. */
export function hiddenPart(box: Box, nearer: readonly Box[]): number {
  if (nearer.length === 0) return 0;
  let covered = 0;
  for (let row = 0; row < 8; row += 1) {
    for (let column = 0; column < 6; column += 1) {
      const x = box.x1 + ((column + 0.5) / 6) * (box.x2 - box.x1);
      const y = box.y1 + ((row + 0.5) / 8) * (box.y2 - box.y1);
      if (nearer.some((other) => x > other.x1 && x < other.x2 && y > other.y1 && y < other.y2)) covered += 1;
    }
  }
  return covered / 48;
}

/** Standard normal (Box and Muller 1958). */
export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
