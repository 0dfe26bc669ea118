import type { Point } from '#protocol/geometry.ts';

type Px = readonly [x: number, y: number];

/** A counting line in the pixels of a picture, with the arrow that says which way `in` is. */
export interface LineShape {
  readonly from: Px;
  readonly to: Px;
  readonly arrowFrom: Px;
  readonly arrowTo: Px;
  /** The arrow head's three corners, for an SVG polygon. */
  readonly head: string;
  /** Where the name stands: beyond the arrow, kept inside the picture. */
  readonly label: Px;
  /** Which end of the name stands there: it runs on in the arrow's direction. */
  readonly labelAnchor: 'start' | 'middle' | 'end';
}

/**
 * `in` leads from s < 0 to s > 0 (protocol/geometry): with y down, along (-dy, dx). Signs survive the scaling from
 * fractions to pixels, so the arrow is made square to the line as it is seen.
 */
export function lineShape(p1: Point, p2: Point, width: number, height: number): LineShape {
  const from: Px = [p1[0] * width, p1[1] * height];
  const to: Px = [p2[0] * width, p2[1] * height];
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const length = Math.hypot(dx, dy) || 1;
  const along: Px = [dx / length, dy / length];
  const normal: Px = [-along[1], along[0]];
  const reach = Math.max(26, Math.min(width, height) * 0.11);
  const half = reach * 0.24;
  const arrowFrom: Px = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const at = (forward: number, aside: number): Px => [
    arrowFrom[0] + normal[0] * forward + along[0] * aside,
    arrowFrom[1] + normal[1] * forward + along[1] * aside,
  ];
  const head = [at(reach, 0), at(reach - half * 1.6, half), at(reach - half * 1.6, -half)];
  const sideways = Math.abs(normal[0]) > 0.5;
  const beyond = at(sideways ? reach + 6 : reach * 1.5, 0);
  return {
    from,
    to,
    arrowFrom,
    arrowTo: at(reach - half, 0),
    head: head.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
    label: [clamp(beyond[0], width * 0.08, width * 0.92), clamp(beyond[1], height * 0.06, height * 0.95)],
    labelAnchor: !sideways ? 'middle' : normal[0] > 0 ? 'start' : 'end',
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
