import type { CountingRule, DismissalReason } from '#protocol/facts.ts';
import type { Box, Line } from '#protocol/geometry.ts';
import { meetingOf, sizeAlong, standingOf, type Barrier, type Standing } from './barrier.ts';
import type { Trail } from './trail.ts';

export type CertainSide = 'left' | 'right';

/** How one walker stands to one line, since the side they were on was last certain. */
export interface Passage {
  readonly side: CertainSide | 'unknown';
  /** The side is that of the first sight, which lay inside the band. */
  readonly isFirstSight: boolean;
  /** How often the path has met the barrier, and when it last did. */
  readonly meetings: number;
  readonly metAtMs: number;
  /** The path has been in the band beside the barrier. */
  readonly wasNear: boolean;
  /** The path has led round an end, within a box of it. */
  readonly passedEnd: boolean;
}

export interface PassageSettings {
  /**
   * Half the hysteresis band, in units of the person's own box: a place is on a side once the box, shrunk to twice this part
   * of its width and height around the anchor, no longer touches the line.
   */
  readonly bandBoxes: number;
  /** Nearer to the line than this, in the same units, a place says nothing at all about the side: boxes shake so much. */
  readonly shakeBoxes: number;
  /** Nobody followed for less than this is counted. A crossing made earlier is counted once the track is old enough. */
  readonly minAgeMs: number;
}

/** What one step decided: somebody crossed at `metAtMs`, or did not, and why. */
export type Outcome =
  | {
      readonly kind: 'crossed';
      readonly rule: CountingRule;
      readonly to: CertainSide;
      readonly meetings: number;
      readonly metAtMs: number;
    }
  | { readonly kind: 'dismissed'; readonly reason: DismissalReason; readonly atMs: number };

/** Somebody seen for the first time, at `box`. Inside the band they stand on the side where they are first seen. */
export function beginPassage(line: Line, barrier: Barrier, box: Box, atMs: number, settings: PassageSettings): Passage {
  const standing = standingOf(line, barrier, box);
  const isInBand = Math.abs(standing.beyondBoxes) <= settings.bandBoxes;
  return {
    ...certainAt(sideBeyond(standing, settings.shakeBoxes) ?? 'unknown', atMs),
    isFirstSight: isInBand,
    wasNear: isInBand && standing.isBeside,
  };
}

/** The way from where the walker was seen last to where they are now. */
export function walkOn(passage: Passage, barrier: Barrier, from: Sight, to: Sight): Passage {
  const last = from.trail.at(-1);
  const here = to.trail.at(-1);
  const meeting = last === undefined || here === undefined ? null : meetingOf(barrier, last, here);
  if (meeting === null) return passage;
  const metAtMs = from.atMs + meeting.along * (to.atMs - from.atMs);
  if (meeting.pastEnd <= 0) return { ...passage, meetings: passage.meetings + 1, metAtMs, wasNear: true };
  return meeting.pastEnd <= sizeAlong(barrier, to.box) ? { ...passage, metAtMs, passedEnd: true } : passage;
}

/** Where and when a walker was seen, and the way there by the line's anchor. */
export interface Sight {
  readonly atMs: number;
  readonly box: Box;
  readonly trail: Trail;
}

/**
 * Decides once the side is certain. Crossed: the other side is reached and the path since has met the barrier an odd number
 * of times, so walking round an end is none, and whoever turns back in the band has not left their side.
 */
export function decide(
  passage: Passage,
  standing: Standing,
  atMs: number,
  ageMs: number,
  settings: PassageSettings,
): { passage: Passage; outcome: Outcome | null } {
  const side = sideBeyond(standing, settings.bandBoxes);
  if (side === null) {
    const first = passage.side === 'unknown' ? (sideBeyond(standing, settings.shakeBoxes) ?? 'unknown') : passage.side;
    const meetings = first === passage.side ? passage.meetings : 0;
    return {
      passage: { ...passage, side: first, meetings, wasNear: passage.wasNear || standing.isBeside },
      outcome: null,
    };
  }
  const isThrough = passage.meetings % 2 === 1;
  const isOther = passage.side !== 'unknown' && passage.side !== side;
  if (isOther && isThrough && ageMs < settings.minAgeMs) return { passage, outcome: null };
  const rule = passage.isFirstSight ? 'first-seen-at-line' : 'both-sides';
  const outcome = isOther && isThrough ? crossed(passage, side, rule) : dismissed(passage, isOther, atMs);
  return { passage: certainAt(side, atMs), outcome };
}

/** The walker is gone for good: last seen inside the band, they went where their path led. */
export function endPassage(
  passage: Passage,
  standing: Standing,
  atMs: number,
  ageMs: number,
  settings: PassageSettings,
): Outcome | null {
  const side = sideBeyond(standing, settings.shakeBoxes);
  const isThrough = passage.meetings % 2 === 1;
  if (side !== null && passage.side !== 'unknown' && side !== passage.side && isThrough) {
    if (ageMs < settings.minAgeMs) return { kind: 'dismissed', reason: 'too-young', atMs: passage.metAtMs };
    return crossed(passage, side, 'last-seen-at-line');
  }
  const isInBand = Math.abs(standing.beyondBoxes) <= settings.bandBoxes && standing.isBeside;
  return isInBand ? { kind: 'dismissed', reason: 'ended-on-line', atMs } : null;
}

function crossed({ meetings, metAtMs }: Passage, to: CertainSide, rule: CountingRule): Outcome {
  return { kind: 'crossed', rule, to, meetings, metAtMs };
}

/** What nearly was a crossing, if anything was. */
function dismissed(passage: Passage, isOther: boolean, atMs: number): Outcome | null {
  if (passage.side === 'unknown') {
    return passage.wasNear ? { kind: 'dismissed', reason: 'began-on-line', atMs } : null;
  }
  if (isOther) return passage.passedEnd ? { kind: 'dismissed', reason: 'passed-end', atMs: passage.metAtMs } : null;
  return passage.wasNear && !passage.isFirstSight ? { kind: 'dismissed', reason: 'turned-back', atMs } : null;
}

function certainAt(side: Passage['side'], atMs: number): Passage {
  return { side, isFirstSight: false, meetings: 0, metAtMs: atMs, wasNear: false, passedEnd: false };
}

function sideBeyond({ beyondBoxes }: Standing, boxes: number): CertainSide | null {
  if (Math.abs(beyondBoxes) <= boxes) return null;
  return beyondBoxes < 0 ? 'left' : 'right';
}
