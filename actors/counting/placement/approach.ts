import { anchorOf, type Box, type Line, type Point } from '#protocol/geometry.ts';
import { barrierOf, meetingOf, sizeAlong, standingOf, type Barrier } from '../barrier.ts';
import type { Walk, WalkSample } from './walk-log.ts';

/** How one person's way relates to one line; distances in units of the person's own box. */
export interface Approach {
  readonly crosses: boolean;
  /** Crossed the line's prolongation less than two boxes past an end. */
  readonly passesEndBy: 'p1' | 'p2' | null;
  /** The way began, or ended, within a box of the line and beside it. */
  readonly isBornAt: boolean;
  readonly isLostAt: boolean;
  /** Where the person was within two boxes of the line and beside it. */
  readonly near: readonly WalkSample[];
  /** Angle between the way there and the line, degrees 0..90; null when hardly moving. */
  readonly angleDeg: number | null;
  /** Size of the person along the line, image fractions. */
  readonly sizeAlongFrac: number;
}

const NEAR_BOXES = 2;
const AT_LINE_BOXES = 1;
const PAST_END_BOXES = 2;
const EDGE_FRAC = 0.02;

/** Null when the person never came near the line. `aspect` is the picture's width by its height. */
export function approachOf(walk: Walk, line: Line, aspect: number): Approach | null {
  const barrier = barrierOf(line, EDGE_FRAC);
  const isWithin = (sample: WalkSample | undefined, boxes: number): boolean => {
    if (sample === undefined) return false;
    const { beyondBoxes, isBeside } = standingOf(line, barrier, sample.box);
    return isBeside && Math.abs(beyondBoxes) <= boxes;
  };
  const near = walk.samples.filter((sample) => isWithin(sample, NEAR_BOXES));
  const { crosses, passesEndBy } = meetings(walk, line, barrier);
  const nearest = near[Math.floor(near.length / 2)]?.box ?? walk.samples[0]?.box;
  if ((near.length === 0 && !crosses && passesEndBy === null) || nearest === undefined) return null;
  return {
    crosses,
    passesEndBy,
    isBornAt: isWithin(walk.samples[0], AT_LINE_BOXES) && !touchesEdge(walk.samples[0]?.box),
    isLostAt: isWithin(walk.samples.at(-1), AT_LINE_BOXES) && !touchesEdge(walk.samples.at(-1)?.box),
    near,
    angleDeg: angleTo(line, near, aspect),
    sizeAlongFrac: sizeAlong(barrier, nearest),
  };
}

/** Cut by the picture's edge: people may well appear and vanish there. */
export function touchesEdge(box: Box | undefined): boolean {
  return box !== undefined && (box.x1 <= 0.005 || box.y1 <= 0.005 || box.x2 >= 0.995 || box.y2 >= 0.995);
}

function meetings({ samples }: Walk, line: Line, barrier: Barrier): Pick<Approach, 'crosses' | 'passesEndBy'> {
  let crosses = false;
  let passesEndBy: Approach['passesEndBy'] = null;
  for (const [index, { box }] of samples.entries()) {
    const before = samples[index - 1]?.box;
    if (before === undefined) continue;
    const [from, to] = [anchorOf(before, line.anchor), anchorOf(box, line.anchor)];
    const meeting = meetingOf(barrier, from, to);
    if (meeting === null) continue;
    if (meeting.pastEnd <= 0) crosses = true;
    else if (meeting.pastEnd < PAST_END_BOXES * sizeAlong(barrier, box)) {
      const at = between(from, to, meeting.along);
      passesEndBy = distance(at, line.p1) < distance(at, line.p2) ? 'p1' : 'p2';
    }
  }
  return { crosses, passesEndBy };
}

/** In the picture's own measure, since fractions of width and height are not alike. */
function angleTo({ p1, p2, anchor }: Line, near: readonly WalkSample[], aspect: number): number | null {
  const [first, last] = [near[0]?.box, near.at(-1)?.box];
  if (first === undefined || last === undefined) return null;
  const [from, to] = [anchorOf(first, anchor), anchorOf(last, anchor)];
  const way: Point = [(to[0] - from[0]) * aspect, to[1] - from[1]];
  if (Math.hypot(...way) < (last.y2 - last.y1) * 0.5) return null;
  const along: Point = [(p2[0] - p1[0]) * aspect, p2[1] - p1[1]];
  const cosine = Math.abs(way[0] * along[0] + way[1] * along[1]) / (Math.hypot(...way) * Math.hypot(...along));
  return (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
}

function between(a: Point, b: Point, share: number): Point {
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
