import type { CrossingReason } from '#protocol/facts.ts';
import type { Line } from '#protocol/geometry.ts';
import type { Track } from '../tracking/track.ts';
import type { Dismissal, LineCrossing, LineEvent } from './line-event.ts';
import { holdBack, release, type HeldCrossing } from './re-entry.ts';
import {
  disinherited,
  endWalker,
  firstSightOf,
  newWalker,
  predecessorOf,
  stepWalker,
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
  heirMs: 1800,
};

/** Since the counter was made. Their ratio is the fragmentation: 1 when every track that enters the band also crosses. */
export interface LineTally {
  /** Tracks that entered the line's band between its ends. */
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
  const walkers = state.walkers.map((walker) => ({
    ...walker,
    passages: keptOf(walker.passages),
    entered: walker.entered.filter((id) => kept.has(id)),
  }));
  return { ...state, lines, walkers, tallies: keptOf(state.tallies) };
}

/**
 * Takes the tracks of one frame and returns who crossed what, and who nearly did. A side is certain only outside the band; a
 * crossing is a change of the certain side whose path in between met the line an odd number of times, so walking round an
 * end or turning back is none. Whom a door at the line lets into view or out of it is counted by the path that was seen: from
 * the first place or to the last one, where that is clear of the line by more than boxes shake. Only places where somebody
 * was seen count: a hidden track waits, and its path goes straight on to where it, or its heir, is found again. A frame that
 * is not newer than the last changes nothing.
 */
export function stepLineCounter(state: LineCounterState, tracks: readonly Track[], timeMs: number): LineCounterStep {
  if (state.timeMs !== null && timeMs <= state.timeMs) return { state, crossings: [], dismissals: [] };
  const walkers = new Map(state.walkers.map((walker) => [walker.trackId, walker]));
  const decisions = new Decisions(state);
  const seen = tracks.filter((track) => track.seenAtMs === timeMs);
  for (const track of seen) {
    let walker = walkers.get(track.id);
    if (walker === undefined) {
      const lost = [...walkers.values()].filter(({ seenAtMs }) => seenAtMs < timeMs);
      const predecessor = predecessorOf(track, lost, state.settings);
      walker = newWalker(track, state);
      if (predecessor !== null) {
        const { id: trackId, bornAtMs } = track;
        const heir = { ...predecessor, trackId, bornAtMs, watchedMs: 0, entered: [], isGone: false };
        walker = decisions.take(stepWalker(heir, firstSightOf(track), [], state));
        walkers.set(predecessor.trackId, disinherited(predecessor));
        decisions.inherit(predecessor.trackId, track.id);
      }
    }
    walkers.set(track.id, walker.seenAtMs < timeMs ? decisions.take(stepWalker(walker, track, seen, state)) : walker);
  }
  const followed = new Set(tracks.map(({ id }) => id));
  for (const walker of walkers.values()) {
    if (followed.has(walker.trackId)) continue;
    if (!walker.isGone) walkers.set(walker.trackId, decisions.take({ ...endWalker(walker, state), newlyEntered: [] }));
    else if (timeMs - walker.seenAtMs > state.settings.heirMs) walkers.delete(walker.trackId);
  }
  return decisions.concluded([...walkers.values()], timeMs, timeMs);
}

/** Nobody comes back: everything that is still open is decided as it stands. */
export function finishLineCounter(state: LineCounterState): LineCounterStep {
  const decisions = new Decisions(state);
  for (const walker of state.walkers) {
    if (!walker.isGone) decisions.take({ ...endWalker(walker, state), newlyEntered: [] });
  }
  return decisions.concluded([], state.timeMs, Infinity);
}

/** Collects what one step decides. */
class Decisions {
  readonly #before: LineCounterState;
  readonly #crossings: LineCrossing[] = [];
  readonly #dismissals: Dismissal[] = [];
  readonly #tallies: Record<string, LineTally>;
  #held: readonly HeldCrossing[];

  constructor(before: LineCounterState) {
    this.#before = before;
    this.#tallies = { ...before.tallies };
    this.#held = before.held;
  }

  take(step: { walker: Walker; outcomes: readonly WalkerOutcome[]; newlyEntered: readonly string[] }): Walker {
    for (const line of step.newlyEntered) this.#add(line, { entered: 1, counted: 0 });
    for (const { line, from, outcome } of step.outcomes) {
      const event = eventOf(step.walker, line);
      if (outcome.kind === 'dismissed') {
        const { reason, atMs } = outcome;
        this.#dismissals.push({ ...event, reason, atMs, ageMs: atMs - step.walker.bornAtMs });
      } else if (from !== 'unknown') {
        const { rule, to, meetings, metAtMs: crossedAtMs } = outcome;
        const { bandBoxes } = this.#before.settings;
        const ageMs = step.walker.watchedMs;
        const { p1, p2, anchor } = line;
        const why = { rule, from, to, meetings, ageMs, bandBoxes, segment: [p1, p2], anchor } satisfies CrossingReason;
        this.#cross({ ...event, direction: to === 'right' ? 'in' : 'out', crossedAtMs, why }, line, step.walker);
      }
    }
    return step.walker;
  }

  inherit(from: number, to: number): void {
    this.#held = this.#held.map((held) => (held.trackId === from ? { ...held, trackId: to } : held));
  }

  concluded(walkers: readonly Walker[], timeMs: number | null, releasedUntilMs: number): LineCounterStep {
    const { held, due } = release(this.#held, releasedUntilMs);
    for (const crossing of due) this.#count(crossing);
    const state = { ...this.#before, timeMs, walkers, held, tallies: this.#tallies };
    return { state, crossings: this.#crossings, dismissals: this.#dismissals };
  }

  #cross(crossing: LineCrossing, { reentryMs = 0 }: Line, { bornAtMs }: Walker): void {
    if (reentryMs === 0) {
      this.#count(crossing);
      return;
    }
    const { held, undone } = holdBack(this.#held, crossing, reentryMs);
    this.#held = held;
    for (const { line, trackId, path, boxHeightFrac, score, detections, crossedAtMs: atMs } of undone) {
      const event = { line, trackId, path, boxHeightFrac, score, detections };
      this.#dismissals.push({ ...event, reason: 're-entry', atMs, ageMs: atMs - bornAtMs });
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
