import type { Box } from '#protocol/geometry.ts';
import type { Figure } from './figure.ts';
import { isInside, type Occluder } from './furniture.ts';
import { ASPECT } from './view.ts';

/** Where somebody really is in the picture. */
export interface TrueBox {
  readonly walkerId: string;
  /** Tight around the whole body, hidden parts included; cut at the picture's border. Image fractions. */
  readonly box: Box;
  /** Share of the body that is in the picture and behind nothing and nobody, 0..1, from about 40 sampled places. */
  readonly visibility: number;
  /** The floor point below the body, image fractions; may lie outside the picture. This is what crosses lines. */
  readonly foot: readonly [number, number];
}

/** True boxes of the figures any part of which is in the picture; `figures` from far to near. */
export function trueBoxes(figures: readonly Figure[], occluders: readonly Occluder[]): TrueBox[] {
  const boxes: TrueBox[] = [];
  figures.forEach((figure, index) => {
    const box = clip(figure.box);
    if (box === null) return;
    const visibility = visibleShare(figure, figures.slice(index + 1), occluders);
    if (visibility === 0) return;
    boxes.push({ walkerId: figure.walkerId, box, visibility, foot: [figure.foot.x / ASPECT, figure.foot.y] });
  });
  return boxes;
}

/** `TrueBox.visibility` of one figure; `nearer` are those between it and the camera. */
export function visibleShare(figure: Figure, nearer: readonly Figure[], occluders: readonly Occluder[]): number {
  const hiding = occluders.filter((occluder) => occluder.depthM < figure.depthM);
  const overlapping = nearer.filter((other) => boxesMeet(figure.box, other.box));
  let seen = 0;
  let all = 0;
  for (const part of figure.parts) {
    let [x, y] = [0, 0];
    for (const disc of part.discs) {
      x += disc.x / part.discs.length;
      y += disc.y / part.discs.length;
    }
    // Ends and middle of a limb, weighted by the limb's size.
    for (const [px, py] of [[x, y], ...part.discs.map((d) => [(d.x + x) / 2, (d.y + y) / 2])] as [number, number][]) {
      const weight = part.discs[0]?.r ?? 0;
      all += weight;
      if (px < 0 || px > ASPECT || py < 0 || py > 1) continue;
      if (hiding.some((occluder) => occluder.outlines.some((outline) => isInside(outline, px, py)))) continue;
      if (overlapping.some((other) => covers(other, px, py))) continue;
      seen += weight;
    }
  }
  return all === 0 ? 0 : seen / all;
}

function covers(figure: Figure, x: number, y: number): boolean {
  return figure.parts.some(({ discs }) =>
    discs.some((a, i) => discs.slice(i).some((b) => distanceToSegment(x, y, a, b) <= Math.min(a.r, b.r))),
  );
}

function distanceToSegment(x: number, y: number, a: { x: number; y: number }, b: { x: number; y: number }): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const u = length === 0 ? 0 : Math.min(Math.max(((x - a.x) * dx + (y - a.y) * dy) / length, 0), 1);
  return Math.hypot(x - a.x - u * dx, y - a.y - u * dy);
}

function boxesMeet(a: Box, b: Box): boolean {
  return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;
}

function clip(box: Box): Box | null {
  const cut = {
    x1: Math.max(0, box.x1),
    y1: Math.max(0, box.y1),
    x2: Math.min(1, box.x2),
    y2: Math.min(1, box.y2),
  };
  return cut.x1 < cut.x2 && cut.y1 < cut.y2 ? cut : null;
}
