import type { SKRSContext2D } from '@napi-rs/canvas';
import { mix, rgb, shade } from './brush.ts';
import type { Disc, Figure } from './figure.ts';
import type { Colour } from './walkers.ts';

/** How light falls on people. */
export interface Light {
  /** Which way (in the picture) the lit side looks; a unit vector. */
  readonly fromX: number;
  readonly fromY: number;
  /** 0 flat .. 1 strong modelling. */
  readonly contrast: number;
  /** What the air between adds: colour, and its share at `hazeAtM` metres. */
  readonly haze: Colour;
  readonly hazeShare: number;
  readonly hazeAtM: number;
}

const DIRECTIONS = [10, 16, 28].map((count) =>
  Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    return [Math.cos(angle), Math.sin(angle)] as const;
  }),
);

/** Draws a body part by part, each shaded across from its lit to its dark side. */
export function paintFigure(ctx: SKRSContext2D, figure: Figure, heightPx: number, light: Light): void {
  const hazeShare = Math.min(0.6, (light.hazeShare * figure.depthM) / light.hazeAtM);
  for (const part of figure.parts) {
    const colour = mix(part.colour, light.haze, hazeShare);
    let [cx, cy, reach] = [0, 0, 0];
    for (const disc of part.discs) {
      cx += disc.x / part.discs.length;
      cy += disc.y / part.discs.length;
    }
    for (const disc of part.discs) {
      const along = (disc.x - cx) * light.fromX + (disc.y - cy) * light.fromY;
      reach = Math.max(reach, Math.abs(along) * 0.6 + disc.r);
    }
    const [dx, dy] = [light.fromX * reach * heightPx, light.fromY * reach * heightPx];
    const gradient = ctx.createLinearGradient(
      cx * heightPx + dx,
      cy * heightPx + dy,
      cx * heightPx - dx,
      cy * heightPx - dy,
    );
    gradient.addColorStop(0, rgb(shade(colour, 1 + 0.3 * light.contrast)));
    gradient.addColorStop(0.45, rgb(colour));
    gradient.addColorStop(1, rgb(shade(colour, 1 - 0.38 * light.contrast)));
    ctx.fillStyle = gradient;
    hullPath(ctx, part.discs, heightPx);
    ctx.fill();
  }
}

/** The convex hull of the discs: in every direction the disc that reaches farthest (the support function). */
function hullPath(ctx: SKRSContext2D, discs: readonly Disc[], heightPx: number): void {
  const radiusPx = Math.max(...discs.map((disc) => disc.r)) * heightPx;
  const directions = DIRECTIONS[radiusPx < 4 ? 0 : radiusPx < 11 ? 1 : 2] ?? [];
  ctx.beginPath();
  for (let i = 0; i < directions.length; i++) {
    const [dx, dy] = directions[i] ?? [1, 0];
    let farthest = -Infinity;
    let [px, py] = [0, 0];
    for (const { x, y, r } of discs) {
      const reach = x * dx + y * dy + r;
      if (reach <= farthest) continue;
      farthest = reach;
      px = x + r * dx;
      py = y + r * dy;
    }
    if (i === 0) ctx.moveTo(px * heightPx, py * heightPx);
    else ctx.lineTo(px * heightPx, py * heightPx);
  }
  ctx.closePath();
}
