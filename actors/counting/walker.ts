import { anchorOf, type Anchor, type Box, type Line } from '#protocol/geometry.ts';
import type { Track } from '../tracking/track.ts';
import { barrierOf, standingOf } from './barrier.ts';
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
  /** Lines whose band this track has entered. */
  readonly entered: readonly string[];
  readonly companion: Companion | null;
  /** The tracker has given them up, and what was open has been decided. */
  readonly isGone: boolean;
}

export interface WalkerSettings extends PassageSettings {
  /** A line that ends this near the picture's edge closes the way up to the edge and beyond. */
  readonly edgeFrac: number;
  /** Who appears where somebody was lost no longer than this ago is that person. */
  readonly heirMs: number;
}

export interface WalkerOutcome {
  readonly line: Line;
  /** On which side the path began. */
  readonly from: Passage['side'];
  readonly outcome: Outcome;
}

/** An anchor's path holds at most this many points. */
const TRAIL_POINTS = 32;
/** How far from the place where one was lost the other may appear, in boxes, at once and more for each second since. */
const HEIR_REACH = { width: 0.7, height: 0.3, widthsPerSecond: 2.5, heightsPerSecond: 0.6, withinMs: 700 } as const;
/** Nobody grows or shrinks by half meanwhile. */
const HEIR_GROWTH = 1.5;

export interface Ground {
  /** Time of the frame before; null before the first. */
  readonly timeMs: number | null;
  readonly lines: readonly Line[];
  readonly settings: WalkerSettings;
}

/** Somebody new, as they stood when they were first detected. */
export function newWalker(track: Track, { lines, settings }: Ground): Walker {
  const { id: trackId, score, bornAtMs, seenAtMs, box } = firstSightOf(track);
  const passages = Object.fromEntries(
    lines.map((line) => [line.id, beginPassage(line, barrierOf(line, settings.edgeFrac), box, seenAtMs, settings)]),
  );
  const trails = trailsTo({}, box, lines);
  const fresh = { detections: 1, entered: [], companion: null, isGone: false };
  const watchedMs = seenAtMs - bornAtMs;
  return { trackId, bornAtMs, watchedMs, seenAtMs, box, score, trails, passages, ...fresh };
}

/** The tracker reports people from their second detection on; this is the first. */
export function firstSightOf(track: Track): Track {
  return track.detections === 2 ? { ...track, box: track.firstBox, seenAtMs: track.bornAtMs } : track;
}

/** Of those lost, the one nearest to whose last place the track began: people do not vanish, nor come from nowhere. */
export function predecessorOf(
  track: Track,
  lost: readonly Walker[],
  { heirMs, minAgeMs }: WalkerSettings,
): Walker | null {
  let best: Walker | null = null;
  let least = 1;
  for (const walker of lost) {
    const awayMs = track.bornAtMs - walker.seenAtMs;
    if (awayMs <= 0 || awayMs > heirMs || walker.watchedMs < minAgeMs) continue;
    const apart = apartness(walker.box, track.firstBox, Math.min(awayMs, HEIR_REACH.withinMs) / 1000);
    if (apart >= least) continue;
    best = walker;
    least = apart;
  }
  return best;
}

/** Distance in parts of what somebody may walk in that time; Infinity for boxes of different size. */
function apartness(from: Box, to: Box, seconds: number): number {
  const [width, height] = [from.x2 - from.x1, from.y2 - from.y1];
  const growth = (to.y2 - to.y1) / height;
  if (growth > HEIR_GROWTH || growth < 1 / HEIR_GROWTH) return Infinity;
  const x = Math.abs(to.x1 + to.x2 - from.x1 - from.x2) / 2 / width;
  const y = Math.abs(to.y1 + to.y2 - from.y1 - from.y2) / 2 / height;
  const { width: w, height: h, widthsPerSecond, heightsPerSecond } = HEIR_REACH;
  return Math.hypot(x / (w + widthsPerSecond * seconds), y / (h + heightsPerSecond * seconds));
}

/** Where a walker has been replaced by their heir, nothing of theirs is open any more. */
export function disinherited(walker: Walker): Walker {
  return { ...walker, passages: {}, trails: {} };
}

/** The walker after this frame, in which they were seen. */
export function stepWalker(
  before: Walker,
  track: Track,
  others: readonly Track[],
  { lines, settings, timeMs: lastFrameMs }: Ground,
): { walker: Walker; outcomes: WalkerOutcome[]; newlyEntered: string[] } {
  const trails = trailsTo(before.trails, track.box, lines);
  const companion = companionOf(before.companion, track, others, track.seenAtMs);
  const wasInSight = before.seenAtMs >= (lastFrameMs ?? Infinity);
  const watchedMs = before.watchedMs + (wasInSight ? track.seenAtMs - before.seenAtMs : 0);
  const passages: Record<string, Passage> = {};
  const outcomes: WalkerOutcome[] = [];
  const newlyEntered: string[] = [];
  for (const line of lines) {
    const barrier = barrierOf(line, settings.edgeFrac);
    const from = sightOf(before, line);
    const to = { atMs: track.seenAtMs, box: track.box, trail: trails[line.anchor] ?? [] };
    const known = before.passages[line.id];
    // A line that is new, or was moved, asks anew where people stand.
    const begun = known ?? beginPassage(line, barrier, track.box, track.seenAtMs, settings);
    const walked = known === undefined ? begun : walkOn(begun, barrier, from, to);
    const standing = standingOf(line, barrier, track.box);
    const { passage, outcome } = decide(walked, standing, track.seenAtMs, watchedMs, settings);
    passages[line.id] = passage;
    if ((walked.wasNear || passage.wasNear) && !before.entered.includes(line.id)) newlyEntered.push(line.id);
    if (outcome !== null) outcomes.push({ line, from: begun.side, outcome: unlessPushed(outcome, companion, before) });
  }
  const { box, score, detections, seenAtMs } = track;
  const entered = newlyEntered.length === 0 ? before.entered : [...before.entered, ...newlyEntered];
  const walker = { ...before, watchedMs, seenAtMs, box, score, detections, trails, passages, entered, companion };
  return { walker, outcomes, newlyEntered };
}

/** The tracker has given the walker up. */
export function endWalker(walker: Walker, { lines, settings }: Ground): { walker: Walker; outcomes: WalkerOutcome[] } {
  const { seenAtMs, box, companion } = walker;
  const passages: Record<string, Passage> = {};
  const outcomes: WalkerOutcome[] = [];
  for (const line of lines) {
    const passage = walker.passages[line.id];
    if (passage === undefined) continue;
    const barrier = barrierOf(line, settings.edgeFrac);
    const standing = standingOf(line, barrier, box);
    const outcome = endPassage(passage, standing, seenAtMs, walker.watchedMs, settings);
    if (outcome !== null)
      outcomes.push({ line, from: passage.side, outcome: unlessPushed(outcome, companion, walker) });
    // What an heir goes on with.
    passages[line.id] = outcome?.kind === 'crossed' ? beginPassage(line, barrier, box, seenAtMs, settings) : passage;
  }
  return { walker: { ...walker, passages, isGone: true }, outcomes };
}

function unlessPushed(outcome: Outcome, companion: Companion | null, { bornAtMs }: Walker): Outcome {
  if (outcome.kind === 'dismissed' || !isPushedAlong(companion, bornAtMs)) return outcome;
  return { kind: 'dismissed', reason: 'pushed-along', atMs: outcome.metAtMs };
}

function sightOf({ seenAtMs, box, trails }: Walker, { anchor }: Line): Sight {
  return { atMs: seenAtMs, box, trail: trails[anchor] ?? [] };
}

function trailsTo(trails: Walker['trails'], box: Box, lines: readonly Line[]): Partial<Record<Anchor, Trail>> {
  const longer: Partial<Record<Anchor, Trail>> = {};
  for (const { anchor } of lines) {
    longer[anchor] ??= extendTrail(trails[anchor] ?? [], anchorOf(box, anchor), TRAIL_POINTS);
  }
  return longer;
}
