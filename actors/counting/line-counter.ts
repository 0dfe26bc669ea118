import { anchorOf, sideOf, type Anchor, type Direction, type Line, type Point } from '#protocol/geometry.ts';
import type { Track } from '../tracking/track.ts';
import { barrierOf, meetingOf } from './barrier.ts';
import { extendTrail, type Trail } from './trail.ts';

export interface LineCounterSettings {
  /**
   * Half the hysteresis band, in units of the person's own box: a place is on a side once the box, shrunk to twice this part
   * of its width and height around the anchor, no longer touches the line. Needs no aspect ratio, whatever the line's angle.
   */
  readonly bandBoxes: number;
  /** Nobody followed for less than this is counted. A crossing made earlier is counted once the track is old enough. */
  readonly minAgeMs: number;
  /** A line that ends this near the picture's edge closes the way up to the edge and beyond. */
  readonly edgeFrac: number;
}

export const DEFAULT_LINE_COUNTER_SETTINGS: LineCounterSettings = { bandBoxes: 0.15, minAgeMs: 300, edgeFrac: 0.02 };

export interface LineCrossing {
  readonly line: string;
  readonly direction: Direction;
  readonly trackId: number;
  /** When the anchor last met the line, between two frames. */
  readonly crossedAtMs: number;
  /** Places of the anchor up to the frame that decided, oldest first, at most 32. */
  readonly path: readonly Point[];
  readonly boxHeightFrac: number;
  readonly score: number;
  readonly detections: number;
}

/** Plain data: survives JSON, so that a snapshot bridges a restart. */
export interface LineCounterState {
  readonly settings: LineCounterSettings;
  readonly lines: readonly Line[];
  /** Time of the last frame; null before the first. */
  readonly timeMs: number | null;
  readonly walkers: readonly Walker[];
}

interface Walker {
  readonly trackId: number;
  readonly seenAtMs: number;
  /** One for each anchor in use; the last point is where the walker was seen last. */
  readonly trails: Readonly<Partial<Record<Anchor, Trail>>>;
  /** By line id. */
  readonly passages: Readonly<Record<string, Passage>>;
}

/** How one walker stands to one line. */
interface Passage {
  readonly side: Side;
  /** Since the side was last certain: has the path met the line an odd number of times, and when did it last? */
  readonly isThrough: boolean;
  readonly metAtMs: number;
}

type Side = 'unknown' | 'left' | 'right';

const TRAIL_POINTS = 32;

export function createLineCounter(
  lines: readonly Line[],
  settings: Partial<LineCounterSettings> = {},
): LineCounterState {
  return { settings: { ...DEFAULT_LINE_COUNTER_SETTINGS, ...settings }, lines, timeMs: null, walkers: [] };
}

/** Other lines from now on. Where walkers stand to a line that did not move is kept; to any other it is unknown. */
export function withLines(state: LineCounterState, lines: readonly Line[]): LineCounterState {
  const kept = new Set(
    lines.filter((line) => state.lines.some((known) => isSamePlace(known, line))).map(({ id }) => id),
  );
  const walkers = state.walkers.map((walker) => ({
    ...walker,
    passages: Object.fromEntries(Object.entries(walker.passages).filter(([id]) => kept.has(id))),
  }));
  return { ...state, lines, walkers };
}

/**
 * Takes the tracks of one frame and returns who crossed what. A side is certain only outside the band; a crossing is a change
 * of the certain side whose path in between met the line an odd number of times, so walking round an end or turning back is
 * none. Only places where somebody was seen count: a hidden track waits, and its path goes straight on to where it is found
 * again. A frame that is not newer than the last changes nothing.
 */
export function stepLineCounter(
  state: LineCounterState,
  tracks: readonly Track[],
  timeMs: number,
): { state: LineCounterState; crossings: LineCrossing[] } {
  if (state.timeMs !== null && timeMs <= state.timeMs) return { state, crossings: [] };
  const known = new Map(state.walkers.map((walker) => [walker.trackId, walker]));
  const crossings: LineCrossing[] = [];
  const walkers: Walker[] = [];
  for (const track of tracks) {
    const before = known.get(track.id);
    if (track.seenAtMs === timeMs) {
      const after = stepWalker(before, track, state);
      walkers.push(after.walker);
      crossings.push(...after.crossings);
    } else if (before !== undefined) {
      walkers.push(before);
    }
  }
  return { state: { ...state, timeMs, walkers }, crossings };
}

function stepWalker(
  before: Walker | undefined,
  track: Track,
  { lines, settings }: LineCounterState,
): { walker: Walker; crossings: LineCrossing[] } {
  const trails: Partial<Record<Anchor, Trail>> = {};
  for (const { anchor } of lines) {
    trails[anchor] ??= extendTrail(before?.trails[anchor] ?? [], anchorOf(track.box, anchor), TRAIL_POINTS);
  }
  const passages: Record<string, Passage> = {};
  const crossings: LineCrossing[] = [];
  for (const line of lines) {
    const passage = walkedOn(before, track, line, settings);
    const side = certainSide(line, track, settings.bandBoxes);
    const isCrossing = isOpposite(passage.side, side) && passage.isThrough;
    if (side === 'unknown' || (isCrossing && track.seenAtMs - track.bornAtMs < settings.minAgeMs)) {
      passages[line.id] = passage;
      continue;
    }
    passages[line.id] = { side, isThrough: false, metAtMs: track.seenAtMs };
    if (isCrossing) crossings.push(crossingOf(line, side, track, passage.metAtMs, trails[line.anchor] ?? []));
  }
  return { walker: { trackId: track.id, seenAtMs: track.seenAtMs, trails, passages }, crossings };
}

/** The passage after the way from where the walker was seen last to where they are now. */
function walkedOn(before: Walker | undefined, track: Track, line: Line, { edgeFrac }: LineCounterSettings): Passage {
  const passage = before?.passages[line.id] ?? { side: 'unknown', isThrough: false, metAtMs: track.seenAtMs };
  const from = before?.trails[line.anchor]?.at(-1);
  if (before === undefined || from === undefined) return passage;
  const along = meetingOf(barrierOf(line, edgeFrac), from, anchorOf(track.box, line.anchor));
  if (along === null) return passage;
  const metAtMs = before.seenAtMs + along * (track.seenAtMs - before.seenAtMs);
  return { side: passage.side, isThrough: !passage.isThrough, metAtMs };
}

function certainSide({ p1, p2, anchor }: Line, { box }: Track, bandBoxes: number): Side {
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  // How far the shrunken box reaches across the line, in the measure of sideOf.
  const reach = bandBoxes * (Math.abs(p2[1] - p1[1]) * width + Math.abs(p2[0] - p1[0]) * height);
  const side = sideOf(p1, p2, anchorOf(box, anchor));
  if (Math.abs(side) <= reach) return 'unknown';
  return side < 0 ? 'left' : 'right';
}

function isOpposite(before: Side, after: Side): boolean {
  return (before === 'left' && after === 'right') || (before === 'right' && after === 'left');
}

function crossingOf(line: Line, side: Side, track: Track, crossedAtMs: number, path: Trail): LineCrossing {
  return {
    line: line.id,
    direction: side === 'right' ? 'in' : 'out',
    trackId: track.id,
    crossedAtMs,
    path,
    boxHeightFrac: track.box.y2 - track.box.y1,
    score: track.score,
    detections: track.detections,
  };
}

function isSamePlace(a: Line, b: Line): boolean {
  const place = ({ id, p1, p2, anchor }: Line) => JSON.stringify([id, p1, p2, anchor]);
  return place(a) === place(b);
}
