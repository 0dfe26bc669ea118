import { anchorOf, iou, type Anchor, type Box, type Point } from '#protocol/geometry.ts';
import type { Track } from '../../tracking/track.ts';
import { certainPlace, isInside, lastMeeting, type Region } from './region.ts';

/** Somebody followed, as they stand to one zone. Plain data. */
export interface Visitor {
  readonly trackId: number;
  /** When this zone first saw them. */
  readonly sinceMs: number;
  readonly seenAtMs: number;
  readonly box: Box;
  readonly at: Point;
  readonly score: number;
  /** Where they last were for certain; null: that is not known yet. */
  readonly place: 'inside' | 'outside' | null;
  /** When their path last met the border; null: it never has. */
  readonly metAtMs: number | null;
  /** Null outside. */
  readonly visit: Visit | null;
}

export interface Visit {
  readonly enteredAtMs: number;
  /** First seen inside: they came earlier. */
  readonly appeared: boolean;
  /** They have stayed long enough to count. */
  readonly counts: boolean;
}

export interface VisitEnd {
  readonly trackId: number;
  readonly score: number;
  readonly enteredAtMs: number;
  readonly leftAtMs: number;
  readonly appeared: boolean;
  /** Last seen inside: they may have stayed longer. */
  readonly lost: boolean;
}

/** One zone, as visitors are held against it. */
export interface Ground {
  readonly region: Region;
  readonly anchor: Anchor;
  readonly minStayMs: number;
  /** Half the band beside the border in which nobody's place is certain, in units of the person's own box. */
  readonly bandBoxes: number;
  /** Who is first seen in the band and stays there this long is where they stand. */
  readonly settleMs: number;
}

export interface VisitorStep {
  readonly visitor: Visitor;
  /** They begin to count with this frame, and have been inside since then. */
  readonly enteredAtMs: number | null;
  /** A visit long enough to count that is over. */
  readonly ended: VisitEnd | null;
}

/** The tracker tells of people from their second detection on; then the visit begins with the first. */
export function newVisitor(track: Track, ground: Ground): Visitor {
  const isFirst = track.detections === 2;
  const box = isFirst ? track.firstBox : track.box;
  const sinceMs = isFirst ? track.bornAtMs : track.seenAtMs;
  const at = anchorOf(box, ground.anchor);
  const place = certainPlace(ground.region, at, box, ground.bandBoxes);
  const visit = place === 'inside' ? { enteredAtMs: sinceMs, appeared: true, counts: false } : null;
  const { id: trackId, score } = track;
  return { trackId, sinceMs, seenAtMs: sinceMs, box, at, score, place, metAtMs: null, visit };
}

/** Of those unseen, the one at whose last place the track began. */
export function predecessorOf(track: Track, unseen: readonly Visitor[], overlap: number): Visitor | null {
  let best: Visitor | null = null;
  let most = overlap;
  for (const visitor of unseen) {
    const shared = visitor.seenAtMs < track.bornAtMs ? iou(visitor.box, track.firstBox) : 0;
    if (shared < most) continue;
    best = visitor;
    most = shared;
  }
  return best;
}

/** The visitor after a frame in which they were seen, later than before. */
export function stepVisitor(before: Visitor, track: Track, ground: Ground): VisitorStep {
  const { region, anchor, bandBoxes, settleMs, minStayMs } = ground;
  const { box, score, seenAtMs, id: trackId } = track;
  const at = anchorOf(box, anchor);
  const along = lastMeeting(region, before.at, at);
  const metAtMs = along === null ? before.metAtMs : before.seenAtMs + along * (seenAtMs - before.seenAtMs);
  const settled = before.place === null && seenAtMs - before.sinceMs >= settleMs ? standsAt(region, at) : before.place;
  const place = certainPlace(region, at, box, bandBoxes) ?? settled;
  const begun =
    place === 'inside' && before.visit === null
      ? { enteredAtMs: metAtMs ?? before.sinceMs, appeared: metAtMs === null, counts: false }
      : before.visit;
  const moved = { ...before, trackId, box, score, seenAtMs, at, place, metAtMs };
  if (begun === null) return { visitor: { ...moved, visit: null }, enteredAtMs: null, ended: null };
  const leftAtMs = place === 'outside' ? (metAtMs ?? seenAtMs) : null;
  const counts = begun.counts || (leftAtMs ?? seenAtMs) - begun.enteredAtMs >= minStayMs;
  const visit = { ...begun, counts };
  const enteredAtMs = counts && !begun.counts ? begun.enteredAtMs : null;
  if (leftAtMs === null) return { visitor: { ...moved, visit }, enteredAtMs, ended: null };
  const ended = counts ? visitEnd(visit, moved, leftAtMs, false) : null;
  return { visitor: { ...moved, visit: null }, enteredAtMs, ended };
}

/** Nobody will see the visitor again. Whoever was last seen past the border has left; all others were lost inside. */
export function endVisit(visitor: Visitor, { region }: Ground): VisitEnd | null {
  const { visit, at, metAtMs, seenAtMs } = visitor;
  if (visit === null || !visit.counts) return null;
  const isOut = metAtMs !== null && metAtMs > visit.enteredAtMs && !isInside(region, at);
  return visitEnd(visit, visitor, isOut ? metAtMs : seenAtMs, !isOut);
}

function visitEnd(
  { enteredAtMs, appeared }: Visit,
  { trackId, score }: Visitor,
  leftAtMs: number,
  lost: boolean,
): VisitEnd {
  return { trackId, score, enteredAtMs, leftAtMs, appeared, lost };
}

function standsAt(region: Region, at: Point): 'inside' | 'outside' {
  return isInside(region, at) ? 'inside' : 'outside';
}
