import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Point } from '#protocol/geometry.ts';
import type { Place, View } from './view.ts';
import type { Colour } from './walkers.ts';

type Gradient = ReturnType<SKRSContext2D['createLinearGradient']>;
export type Fill = string | Gradient;
type Box3 = readonly [x1: number, x2: number, y1: number, y2: number, z1: number, z2: number];

/** Paints places of the scene onto a canvas; all coordinates in metres unless the name says `Px`. */
export interface Brush {
  readonly ctx: SKRSContext2D;
  readonly view: View;
  readonly widthPx: number;
  readonly heightPx: number;
  px(place: Place): Point;
  polygon(places: readonly Place[], fill: Fill): void;
  /** A rectangle on the floor (or at height y). */
  floor(x1: number, x2: number, z1: number, z2: number, fill: Fill, y?: number): void;
  /** A rectangle that faces the camera, at depth z. */
  front(x1: number, x2: number, y1: number, y2: number, z: number, fill: Fill): void;
  /** A rectangle along the walls at the sides, at x. */
  side(x: number, y1: number, y2: number, z1: number, z2: number, fill: Fill): void;
  /** A box seen from above and in front: top, front and the side that shows. */
  block(box: Box3, colour: Colour): void;
  /** A soft dark (or light) spot lying on the floor. */
  glow(x: number, z: number, radiusX: number, radiusZ: number, colour: Colour, alpha: number): void;
}

export function createBrush(ctx: SKRSContext2D, view: View, widthPx: number, heightPx: number): Brush {
  const px = (place: Place): Point => {
    const p = view.project(place);
    return [p.x * heightPx, p.y * heightPx];
  };
  const polygon = (places: readonly Place[], fill: Fill): void => {
    ctx.fillStyle = fill;
    ctx.beginPath();
    places.forEach((place, i) => {
      const [x, y] = px(place);
      if (i === 0) ctx.moveTo(x, y);
      else ctx.lineTo(x, y);
    });
    ctx.closePath();
    ctx.fill();
  };
  const plane = (corners: readonly (readonly [number, number, number])[], fill: Fill): void =>
    polygon(
      corners.map(([x, y, z]) => ({ x, y, z })),
      fill,
    );
  const floor: Brush['floor'] = (x1, x2, z1, z2, fill, y = 0) =>
    plane(
      [
        [x1, y, z1],
        [x2, y, z1],
        [x2, y, z2],
        [x1, y, z2],
      ],
      fill,
    );
  const front: Brush['front'] = (x1, x2, y1, y2, z, fill) =>
    plane(
      [
        [x1, y1, z],
        [x2, y1, z],
        [x2, y2, z],
        [x1, y2, z],
      ],
      fill,
    );
  const side: Brush['side'] = (x, y1, y2, z1, z2, fill) =>
    plane(
      [
        [x, y1, z1],
        [x, y1, z2],
        [x, y2, z2],
        [x, y2, z1],
      ],
      fill,
    );
  return {
    ctx,
    view,
    widthPx,
    heightPx,
    px,
    polygon,
    floor,
    front,
    side,
    block([x1, x2, y1, y2, z1, z2], colour) {
      const left = view.project({ x: x1, y: y1, z: z1 });
      const leftBack = view.project({ x: x1, y: y1, z: z2 });
      const right = view.project({ x: x2, y: y1, z: z1 });
      const rightBack = view.project({ x: x2, y: y1, z: z2 });
      if (leftBack.x < left.x) side(x1, y1, y2, z1, z2, rgb(shade(colour, 0.78)));
      if (rightBack.x > right.x) side(x2, y1, y2, z1, z2, rgb(shade(colour, 0.7)));
      front(x1, x2, y1, y2, z1, rgb(shade(colour, 0.88)));
      floor(x1, x2, z1, z2, rgb(colour), y2);
    },
    glow(x, z, radiusX, radiusZ, colour, alpha) {
      const centre = px({ x, y: 0, z });
      const [ax, ay] = px({ x: x + radiusX, y: 0, z });
      const [bx, by] = px({ x, y: 0, z: z + radiusZ });
      ctx.save();
      ctx.transform(ax - centre[0], ay - centre[1], bx - centre[0], by - centre[1], centre[0], centre[1]);
      const gradient = ctx.createRadialGradient(0, 0, 0, 0, 0, 1);
      gradient.addColorStop(0, rgb(colour, alpha));
      gradient.addColorStop(0.5, rgb(colour, alpha * 0.55));
      gradient.addColorStop(1, rgb(colour, 0));
      ctx.fillStyle = gradient;
      ctx.beginPath();
      ctx.arc(0, 0, 1, 0, 2 * Math.PI);
      ctx.fill();
      ctx.restore();
    },
  };
}

export function rgb(colour: Colour, alpha = 1): string {
  const [r, g, b] = colour;
  return alpha === 1 ? `rgb(${r | 0},${g | 0},${b | 0})` : `rgba(${r | 0},${g | 0},${b | 0},${alpha.toFixed(3)})`;
}

/** Darker below 1, lighter above. */
export function shade(colour: Colour, by: number): Colour {
  return [Math.min(255, colour[0] * by), Math.min(255, colour[1] * by), Math.min(255, colour[2] * by)];
}

export function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** From the top of the picture down to the bottom, or between two heights of it (fractions). */
export function verticalGradient(brush: Brush, top: string, bottom: string, from = 0, to = 1): Gradient {
  const gradient = brush.ctx.createLinearGradient(0, from * brush.heightPx, 0, to * brush.heightPx);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  return gradient;
}
