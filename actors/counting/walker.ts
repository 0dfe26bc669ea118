import { anchorOf, type Anchor, type Box, type Line } from '#protocol/geometry.ts';
import type { Track } from '../tracking/track.ts';
import { barrierOf, standingOf, type Barrier } from './barrier.ts';
import { companionOf, isPushedAlong, type Companion } from './companion.ts';
import {
  beginPassage,
  decide,
  endPassage,
  walkOn,
  type Outcome,
  type Passage,
  type PassageSettings,
  type Sight,
} from './passage.ts';
import { extendTrail, type Trail } from './trail.ts';

/** Somebody followed, or lost not long ago. Plain data. */
export interface Walker {
  readonly trackId: number;
  readonly bornAtMs: number;
  /** Time in sight: stretches between two frames in a row that both show them. */
  readonly watchedMs: number;
  readonly seenAtMs: number;
  readonly box: Box;
  readonly score: number;
  readonly detections: number;
  /** One for each anchor in use; the last point is where the walker was seen last. */
  readonly trails: Readonly<Partial<Record<Anchor, Trail>>>;
  /** By line id. */
  readonly passages: Readonly<Record<string, Passage>>;
  readonly companion: Companion | null;
}

export interface WalkerSettings extends PassageSettings {
  /** A line that ends this near the picture's edge closes the way up to the edge and beyond. */
  readonly edgeFrac: number;
}

export interface WalkerOutcome {
  readonly line: Line;
  /** On which side the path began. */
  readonly from: Passage['side'];
  readonly outcome: Outcome;
}

export interface WalkerStep {
  readonly walker: Walker;
  readonly outcomes: readonly WalkerOutcome[];
  /** Lines whose band was entered, or leapt over, in this step. */
  readonly entered: readonly string[];
}

/** What walkers are judged by in one frame. */
export interface Ground {
  /** Time of the frame before; null before the first. */
  readonly timeMs: number | null;
  readonly lines: readonly DrawnLine[];
  readonly settings: WalkerSettings;
}

/** A line, and what of it must be crossed. */
export interface DrawnLine {
  readonly line: Line;
  readonly barrier: Barrier;
}

export function drawn(lines: readonly Line[], { edgeFrac }: WalkerSettings): DrawnLine[] {
  return lines.map((line) => ({ line, barrier: barrierOf(line, edgeFrac) }));
}

/** An anchor's path holds at most this many points. */
const TRAIL_POINTS = 32;

/** Somebody new, as they stood when they were first detected. */
export function newWalker(track: Track, { lines, settings }: Ground): Walker {
  const { id: trackId, score, bornAtMs, seenAtMs, box } = firstSightOf(track);
  const passages = Object.fromEntries(
    lines.map(({ line, barrier }) => [line.id, beginPassage(line, barrier, box, seenAtMs, settings)]),
  );
  const trails = trailsTo({}, box, lines);
  const fresh = { detections: 1, companion: null };
  const watchedMs = seenAtMs - bornAtMs;
  return { trackId, bornAtMs, watchedMs, seenAtMs, box, score, trails, passages, ...fresh };
}

/** Lines in whose band somebody new is. */
export function linesNear({ passages }: Walker): string[] {
  return Object.entries(passages).flatMap(([id, { wasNear }]) => (wasNear ? [id] : []));
}

/** The tracker reports people from their second detection on; this is the first. */
function firstSightOf(track: Track): Track {
  return track.detections === 2 ? { ...track, box: track.firstBox, seenAtMs: track.bornAtMs } : track;
}

/** The walker after this frame, in which they were seen. */
export function stepWalker(
  before: Walker,
  track: Track,
  others: readonly Track[],
  { lines, settings, timeMs: lastFrameMs }: Ground,
): WalkerStep {
  const trails = trailsTo(before.trails, track.box, lines);
  const companion = companionOf(before.companion, track, others, track.seenAtMs);
  const wasInSight = before.seenAtMs >= (lastFrameMs ?? Infinity);
  const watchedMs = before.watchedMs + (wasInSight ? track.seenAtMs - before.seenAtMs : 0);
  const passages: Record<string, Passage> = {};
  const outcomes: WalkerOutcome[] = [];
  const entered: string[] = [];
  for (const { line, barrier } of lines) {
    const from = sightOf(before, line);
    const to = { atMs: track.seenAtMs, box: track.box, trail: trails[line.anchor] ?? [] };
    const known = before.passages[line.id];
    // A line that is new, or was moved, asks anew where people stand.
    const begun = known ?? beginPassage(line, barrier, track.box, track.seenAtMs, settings);
    const walked = known === undefined ? begun : walkOn(begun, barrier, from, to);
    const standing = standingOf(line, barrier, track.box);
    const { passage, outcome } = decide(walked, standing, track.seenAtMs, watchedMs, settings);
    passages[line.id] = passage;
    if (!begun.wasNear && (walked.wasNear || passage.wasNear)) entered.push(line.id);
    if (outcome !== null) outcomes.push({ line, from: begun.side, outcome: unlessPushed(outcome, companion, before) });
  }
  const { box, score, detections, seenAtMs } = track;
  const walker = { ...before, watchedMs, seenAtMs, box, score, detections, trails, passages, companion };
  return { walker, outcomes, entered };
}

/** The tracker has given the walker up: what is open is decided as it stands. */
export function endWalker(walker: Walker, { lines, settings }: Ground): WalkerOutcome[] {
  const { seenAtMs, box, companion, watchedMs } = walker;
  return lines.flatMap(({ line, barrier }) => {
    const passage = walker.passages[line.id];
    if (passage === undefined) return [];
    const standing = standingOf(line, barrier, box);
    const outcome = endPassage(passage, standing, seenAtMs, watchedMs, settings);
    if (outcome === null) return [];
    return [{ line, from: passage.side, outcome: unlessPushed(outcome, companion, walker) }];
  });
}

function unlessPushed(outcome: Outcome, companion: Companion | null, { bornAtMs }: Walker): Outcome {
  if (outcome.kind === 'dismissed' || !isPushedAlong(companion, bornAtMs)) return outcome;
  return { kind: 'dismissed', reason: 'pushed-along', atMs: outcome.metAtMs };
}

function sightOf({ seenAtMs, box, trails }: Walker, { anchor }: Line): Sight {
  return { atMs: seenAtMs, box, trail: trails[anchor] ?? [] };
}

function trailsTo(trails: Walker['trails'], box: Box, lines: readonly DrawnLine[]): Partial<Record<Anchor, Trail>> {
  const longer: Partial<Record<Anchor, Trail>> = {};
  for (const { line } of lines) {
    const { anchor } = line;
    longer[anchor] ??= extendTrail(trails[anchor] ?? [], anchorOf(box, anchor), TRAIL_POINTS);
  }
  return longer;
}
