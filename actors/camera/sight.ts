import type { CameraConfig } from '#protocol/camera.ts';
import { anchorOf, sideOf, type Anchor, type Box, type Line, type Point } from '#protocol/geometry.ts';
import type { Sight } from '#media/frames/decoder.port.ts';
import { isInside, regionOf, type Region } from '../counting/zones/region.ts';
import type { Track } from '../tracking/track.ts';

/** So far ahead a walker's way is looked at. */
const AHEAD_MS = [0, 250, 500, 750, 1_000, 1_250, 1_500];
/** Somebody this near a line is within its reach wherever they head, in heights of their own box. */
const REACH_BOXES = 1;
/** A zone's border on the picture's edge: how near that is, as the zones' own count has it. */
const EDGE_FRAC = 0.02;

/** What of a camera's picture matters: its lines, and what its zones enclose. */
export interface Places {
  readonly lines: readonly Line[];
  readonly regions: readonly { readonly region: Region; readonly anchor: Anchor }[];
}

export function placesOf({ lines, zones }: Pick<CameraConfig, 'lines' | 'zones'>): Places {
  const regions = zones.map(({ polygon, anchor = 'foot' }) => ({ region: regionOf(polygon, EDGE_FRAC), anchor }));
  return { lines, regions };
}

/**
 * What a camera's people do, for those who decide how often it is looked at. `followed`: how many the tracker follows, also
 * those it has not confirmed yet; who they are shows only in frames soon after, wherever they stand. Pixels are taken to be
 * square in a picture `aspect` times as wide as high.
 */
export function sightOf(tracks: readonly Track[], followed: number, { lines, regions }: Places, aspect: number): Sight {
  if (followed === 0) return 'nobody';
  const isNear = ({ box, velocity }: Track): boolean =>
    lines.some((line) => isWithinReach(box, velocity, line, aspect)) ||
    regions.some(({ region, anchor }) => isInside(region, anchorOf(box, anchor)));
  return followed > tracks.length || tracks.some(isNear) ? 'near' : 'somebody';
}

/** Predicted to come to the line within a second and a half, or nearer to it than one box height. */
function isWithinReach(box: Box, velocity: Point, line: Line, aspect: number): boolean {
  const reach = REACH_BOXES * (box.y2 - box.y1);
  const from = anchorOf(box, line.anchor);
  let before: Point | null = null;
  for (const aheadMs of AHEAD_MS) {
    const at: Point = [from[0] + (velocity[0] * aheadMs) / 1000, from[1] + (velocity[1] * aheadMs) / 1000];
    if (distanceTo(line, at, aspect) < reach || (before !== null && areApart(line, before, at))) return true;
    before = at;
  }
  return false;
}

/** From a point to the line between its ends, in picture heights. */
function distanceTo({ p1, p2 }: Line, [x, y]: Point, aspect: number): number {
  const [dx, dy] = [(p2[0] - p1[0]) * aspect, p2[1] - p1[1]];
  const [px, py] = [(x - p1[0]) * aspect, y - p1[1]];
  const along = Math.min(1, Math.max(0, (px * dx + py * dy) / (dx * dx + dy * dy)));
  return Math.hypot(px - along * dx, py - along * dy);
}

/** On two sides of the line, and the way between them leads across it. */
function areApart({ p1, p2 }: Line, a: Point, b: Point): boolean {
  const crosses = sideOf(p1, p2, a) < 0 !== sideOf(p1, p2, b) < 0;
  return crosses && sideOf(a, b, p1) < 0 !== sideOf(a, b, p2) < 0;
}
