import { anchorOf, sideOf, type Anchor, type Direction, type Line, type Point } from '#protocol/geometry.ts';
import type { Track } from '../tracking/track.ts';
import { meetingOf } from './meeting.ts';
import { extendTrail, type Trail } from './trail.ts';

export interface LineCounterSettings {
  /**
   * Half the hysteresis band, in units of the person's own box: a point is on a side once the box, shrunk to this part of
   * its width and height around the point, no longer touches the line.
   */
  readonly bandBoxes: number;
  /** Nobody followed for less than this is counted. A crossing made earlier is counted once the track is old enough. */
  readonly minAgeMs: number;
  /** A line that ends this near the picture's edge closes the way up to the edge and beyond. */
  readonly edgeFrac: number;
}

export const DEFAULT_LINE_COUNTER_SETTINGS: LineCounterSettings = { bandBoxes: 0.1, minAgeMs: 300, edgeFrac: 0.02 };

export interface LineCrossing {
  readonly line: string;
  readonly direction: Direction;
  readonly trackId: number;
  /** When the anchor last met the line, between two frames. */
  readonly crossedAtMs: number;
  readonly path: readonly Point[];
  readonly boxHeightFrac: number;
  readonly score: number;
  readonly detections: number;
}

/** Plain data: survives JSON. */
export interface LineCounterState {
  readonly settings: LineCounterSettings;
  readonly lines: readonly Line[];
  readonly timeMs: number | null;
  readonly walkers: readonly Walker[];
}

interface Walker {
  readonly trackId: number;
  readonly seenAtMs: number;
  /** Last seen place and the way there, for each anchor in use. */
  readonly trails: Readonly<Partial<Record<Anchor, Trail>>>;
  readonly passages: Readonly<Record<string, Passage>>;
}

/** How one walker stands to one line. */
interface Passage {
  readonly side: 'unknown' | 'left' | 'right';
  /** Since the side was last certain: does the path meet the segment an odd number of times, and when did it last? */
  readonly isThrough: boolean;
  readonly metAtMs: number;
}

const TRAIL_POINTS = 32;
const UNKNOWN: Passage = { side: 'unknown', isThrough: false, metAtMs: 0 };

export function createLineCounter(
  lines: readonly Line[],
  settings: Partial<LineCounterSettings> = {},
): LineCounterState {
  return { settings: { ...DEFAULT_LINE_COUNTER_SETTINGS, ...settings }, lines, timeMs: null, walkers: [] };
}

/** Other lines from now on. Where walkers stand to a line that did not move is kept; to any other it is unknown again. */
export function withLines(state: LineCounterState, lines: readonly Line[]): LineCounterState {
  const kept = lines.filter((line) => state.lines.some((known) => isSamePlace(known, line))).map(({ id }) => id);
  const walkers = state.walkers.map((walker) => ({
    ...walker,
    passages: Object.fromEntries(Object.entries(walker.passages).filter(([id]) => kept.includes(id))),
  }));
  return { ...state, lines, walkers };
}

/**
 * Takes the tracks of one frame and returns who crossed what. A side is certain only outside the band; a crossing is a change
 * of the certain side whose path in between met the segment an odd number of times. Only places where somebody was seen
 * count: a hidden track waits, and its path goes straight on to where it is found again.
 */
export function stepLineCounter(
  state: LineCounterState,
  tracks: readonly Track[],
  timeMs: number,
): { state: LineCounterState; crossings: LineCrossing[] } {
  if (state.timeMs !== null && timeMs <= state.timeMs) return { state, crossings: [] };
  const { settings, lines } = state;
  const known = new Map(state.walkers.map((walker) => [walker.trackId, walker]));
  const anchors = new Set(lines.map(({ anchor }) => anchor));
  const crossings: LineCrossing[] = [];
  const walkers: Walker[] = [];
  for (const track of tracks) {
    const before = known.get(track.id);
    if (track.seenAtMs !== timeMs) {
      if (before !== undefined) walkers.push(before);
      continue;
    }
    const trails: Partial<Record<Anchor, Trail>> = {};
    for (const anchor of anchors) {
      trails[anchor] = extendTrail(before?.trails[anchor] ?? [], anchorOf(track.box, anchor), TRAIL_POINTS);
    }
    const passages: Record<string, Passage> = {};
    for (const line of lines) {
      const from = before?.trails[line.anchor]?.at(-1);
      const passage = before?.passages[line.id] ?? UNKNOWN;
      const to = anchorOf(track.box, line.anchor);
      const moved =
        from === undefined
          ? passage
          : walkOn(passage, line, from, to, before?.seenAtMs ?? timeMs, timeMs, settings.edgeFrac);
      const side = certainSide(line, track, to, settings.bandBoxes);
      passages[line.id] = moved;
      if (side === 'unknown') continue;
      if (moved.side !== 'unknown' && moved.side !== side && moved.isThrough) {
        if (timeMs - track.bornAtMs < settings.minAgeMs) continue;
        crossings.push({
          line: line.id,
          direction: side === 'right' ? 'in' : 'out',
          trackId: track.id,
          crossedAtMs: moved.metAtMs,
          path: trails[line.anchor] ?? [],
          boxHeightFrac: track.box.y2 - track.box.y1,
          score: track.score,
          detections: track.detections,
        });
      }
      passages[line.id] = { side, isThrough: false, metAtMs: 0 };
    }
    walkers.push({ trackId: track.id, seenAtMs: timeMs, trails, passages });
  }
  return { state: { settings, lines, timeMs, walkers }, crossings };
}

function walkOn(
  passage: Passage,
  line: Line,
  from: Point,
  to: Point,
  fromMs: number,
  toMs: number,
  edgeFrac: number,
): Passage {
  const [p1, p2] = barrierOf(line, edgeFrac);
  const along = meetingOf(p1, p2, from, to);
  if (along === null) return passage;
  return { side: passage.side, isThrough: !passage.isThrough, metAtMs: fromMs + along * (toMs - fromMs) };
}

function certainSide(line: Line, track: Track, anchor: Point, band: number): Passage['side'] {
  const { p1, p2 } = line;
  const { x1, y1, x2, y2 } = track.box;
  const reach = band * (Math.abs(p2[1] - p1[1]) * (x2 - x1) + Math.abs(p2[0] - p1[0]) * (y2 - y1));
  const side = sideOf(p1, p2, anchor);
  if (Math.abs(side) <= reach) return 'unknown';
  return side < 0 ? 'left' : 'right';
}

function barrierOf({ p1, p2 }: Line, edgeFrac: number): [Point, Point] {
  return [prolonged(p2, p1, edgeFrac), prolonged(p1, p2, edgeFrac)];
}

function prolonged(from: Point, end: Point, edgeFrac: number): Point {
  const length = Math.hypot(end[0] - from[0], end[1] - from[1]);
  const dx = (end[0] - from[0]) / length;
  const dy = (end[1] - from[1]) / length;
  const isInside = (value: number) => value >= 0 && value <= 1;
  const leaves = !isInside(end[0] + 2 * edgeFrac * dx) || !isInside(end[1] + 2 * edgeFrac * dy);
  return leaves ? [end[0] + dx, end[1] + dy] : end;
}

function isSamePlace(a: Line, b: Line): boolean {
  const flat = ({ id, p1, p2, anchor }: Line) => JSON.stringify([id, p1, p2, anchor]);
  return flat(a) === flat(b);
}
