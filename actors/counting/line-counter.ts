import type { CrossingReason } from '#protocol/facts.ts';
import type { Line } from '#protocol/geometry.ts';
import type { Track } from '../tracking/track.ts';
import type { Dismissal, LineCrossing, LineEvent } from './line-event.ts';
import { holdBack, release, type HeldCrossing } from './re-entry.ts';
import {
  drawn,
  endWalker,
  linesNear,
  newWalker,
  stepWalker,
  type Ground,
  type Walker,
  type WalkerOutcome,
  type WalkerSettings,
} from './walker.ts';

export type LineCounterSettings = WalkerSettings;

export const DEFAULT_LINE_COUNTER_SETTINGS: LineCounterSettings = {
  bandBoxes: 0.2,
  shakeBoxes: 0.03,
  minAgeMs: 300,
  edgeFrac: 0.02,
};

/** Since the counter was made. Their ratio is the fragmentation: 1 when whoever enters the band crosses under one id. */
export interface LineTally {
  /** How often a track entered the line's band between its ends, or began in it. */
  readonly entered: number;
  readonly counted: number;
}

/** Plain data: survives JSON, so that a snapshot bridges a restart. */
export interface LineCounterState {
  readonly settings: LineCounterSettings;
  readonly lines: readonly Line[];
  /** Time of the last frame; null before the first. */
  readonly timeMs: number | null;
  readonly walkers: readonly Walker[];
  readonly held: readonly HeldCrossing[];
  /** By line id. */
  readonly tallies: Readonly<Record<string, LineTally>>;
}

export interface LineCounterStep {
  readonly state: LineCounterState;
  readonly crossings: readonly LineCrossing[];
  readonly dismissals: readonly Dismissal[];
}

export function createLineCounter(
  lines: readonly Line[],
  settings: Partial<LineCounterSettings> = {},
): LineCounterState {
  const all = { ...DEFAULT_LINE_COUNTER_SETTINGS, ...settings };
  return { settings: all, lines, timeMs: null, walkers: [], held: [], tallies: {} };
}

/** Other lines from now on. Where walkers stand to a line that did not move is kept; to any other it is unknown. */
export function withLines(state: LineCounterState, lines: readonly Line[]): LineCounterState {
  const kept = new Set(
    lines.filter((line) => state.lines.some((known) => isSamePlace(known, line))).map(({ id }) => id),
  );
  const keptOf = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).filter(([id]) => kept.has(id)));
  const walkers = state.walkers.map((walker) => ({ ...walker, passages: keptOf(walker.passages) }));
  return { ...state, lines, walkers, tallies: keptOf(state.tallies) };
}

/**
 * Takes the tracks of one frame and returns who crossed what, and who nearly did. A side is certain only outside the band; a
 * crossing is a change of the certain side whose path in between met the line an odd number of times, so walking round an
 * end or turning back is none. Whom a door at the line lets into view or out of it is counted by the path that was seen: from
 * the first place or to the last one, where that is clear of the line by more than boxes shake. Only places where somebody
 * was seen count: a hidden track waits, and its path goes straight on to where it is found again. A frame that is not newer
 * than the last changes nothing.
 */
export function stepLineCounter(state: LineCounterState, tracks: readonly Track[], timeMs: number): LineCounterStep {
  if (state.timeMs !== null && timeMs <= state.timeMs) return { state, crossings: [], dismissals: [] };
  const known = new Map(state.walkers.map((walker) => [walker.trackId, walker]));
  const decisions = new Decisions(state);
  const seen = tracks.filter((track) => track.seenAtMs === timeMs);
  const walkers: Walker[] = [];
  for (const track of tracks) {
    const before = known.get(track.id);
    known.delete(track.id);
    if (track.seenAtMs === timeMs) walkers.push(decisions.step(before ?? decisions.begin(track), track, seen));
    else if (before !== undefined) walkers.push(before);
  }
  for (const gone of known.values()) decisions.end(gone);
  return decisions.concluded(walkers, timeMs, timeMs);
}

/** Nobody comes back: everything that is still open is decided as it stands. */
export function finishLineCounter(state: LineCounterState): LineCounterStep {
  const decisions = new Decisions(state);
  for (const walker of state.walkers) decisions.end(walker);
  return decisions.concluded([], state.timeMs, Infinity);
}

/** Collects what one step decides. */
class Decisions {
  readonly #before: LineCounterState;
  readonly #ground: Ground;
  readonly #crossings: LineCrossing[] = [];
  readonly #dismissals: Dismissal[] = [];
  readonly #tallies: Record<string, LineTally>;
  #held: readonly HeldCrossing[];

  constructor(before: LineCounterState) {
    this.#before = before;
    const { lines, settings, timeMs } = before;
    this.#ground = { lines: drawn(lines, settings), settings, timeMs };
    this.#tallies = { ...before.tallies };
    this.#held = before.held;
  }

  begin(track: Track): Walker {
    const walker = newWalker(track, this.#ground);
    this.#enter(linesNear(walker));
    return walker;
  }

  step(before: Walker, track: Track, others: readonly Track[]): Walker {
    if (before.seenAtMs >= track.seenAtMs) return before;
    const { walker, outcomes, entered } = stepWalker(before, track, others, this.#ground);
    this.#enter(entered);
    for (const outcome of outcomes) this.#take(outcome, walker);
    return walker;
  }

  end(walker: Walker): void {
    for (const outcome of endWalker(walker, this.#ground)) this.#take(outcome, walker);
  }

  concluded(walkers: readonly Walker[], timeMs: number | null, releasedUntilMs: number): LineCounterStep {
    const { held, due } = release(this.#held, releasedUntilMs);
    for (const crossing of due) this.#count(crossing);
    const state = { ...this.#before, timeMs, walkers, held, tallies: this.#tallies };
    return { state, crossings: this.#crossings, dismissals: this.#dismissals };
  }

  #enter(lines: readonly string[]): void {
    for (const line of lines) this.#add(line, { entered: 1, counted: 0 });
  }

  #take({ line, from, outcome }: WalkerOutcome, walker: Walker): void {
    const event = eventOf(walker, line);
    if (outcome.kind === 'dismissed') {
      const { reason, atMs } = outcome;
      this.#dismissals.push({ ...event, reason, atMs, ageMs: walker.watchedMs });
    } else if (from !== 'unknown') {
      const { rule, to, meetings, metAtMs: crossedAtMs } = outcome;
      const { bandBoxes } = this.#before.settings;
      const { p1, p2, anchor } = line;
      const ageMs = walker.watchedMs;
      const why = { rule, from, to, meetings, ageMs, bandBoxes, segment: [p1, p2], anchor } satisfies CrossingReason;
      this.#cross({ ...event, direction: to === 'right' ? 'in' : 'out', crossedAtMs, why }, line);
    }
  }

  #cross(crossing: LineCrossing, { reentryMs = 0 }: Line): void {
    if (reentryMs === 0) {
      this.#count(crossing);
      return;
    }
    const { held, undone } = holdBack(this.#held, crossing, reentryMs);
    this.#held = held;
    for (const { line, trackId, path, boxHeightFrac, score, detections, crossedAtMs, why } of undone) {
      const event = { line, trackId, path, boxHeightFrac, score, detections };
      this.#dismissals.push({ ...event, reason: 're-entry', atMs: crossedAtMs, ageMs: why.ageMs });
    }
  }

  #count(crossing: LineCrossing): void {
    this.#crossings.push(crossing);
    this.#add(crossing.line, { entered: 0, counted: 1 });
  }

  #add(line: string, { entered, counted }: LineTally): void {
    const before = this.#tallies[line] ?? { entered: 0, counted: 0 };
    this.#tallies[line] = { entered: before.entered + entered, counted: before.counted + counted };
  }
}

function eventOf(walker: Walker, { id: line, anchor }: Line): LineEvent {
  const { trackId, box, score, detections, trails } = walker;
  return { line, trackId, path: trails[anchor] ?? [], boxHeightFrac: box.y2 - box.y1, score, detections };
}

function isSamePlace(a: Line, b: Line): boolean {
  const place = ({ id, p1, p2, anchor }: Line) => JSON.stringify([id, p1, p2, anchor]);
  return place(a) === place(b);
}
