import type { Point } from '#protocol/geometry.ts';
import type { View } from './view.ts';

/** Something that stands on the floor and can hide people behind it. Metres; x and z are its middle. */
export type Furniture =
  | {
      readonly kind: 'column';
      readonly x: number;
      readonly z: number;
      readonly radiusM: number;
      readonly heightM: number;
    }
  | {
      readonly kind: 'plant';
      readonly x: number;
      readonly z: number;
      readonly widthM: number;
      readonly heightM: number;
    }
  | { readonly kind: 'sign'; readonly x: number; readonly z: number; readonly widthM: number; readonly heightM: number }
  | {
      readonly kind: 'block' | 'bench';
      readonly x: number;
      readonly z: number;
      readonly widthM: number;
      readonly depthM: number;
      readonly heightM: number;
    }
  /** A wall across the picture at depth z with one opening from the floor up. */
  | {
      readonly kind: 'wall';
      readonly z: number;
      readonly fromX: number;
      readonly toX: number;
      readonly heightM: number;
      readonly openingFromX: number;
      readonly openingToX: number;
      readonly openingHeightM: number;
    };

/** Shapes that hide what is behind `depthM` (along the optical axis), each a polygon in image heights. */
export interface Occluder {
  readonly depthM: number;
  readonly outlines: readonly (readonly Point[])[];
}

export function occluderOf(item: Furniture, view: View): Occluder {
  const at = (x: number, y: number, z: number): Point => {
    const p = view.project({ x, y, z });
    return [p.x, p.y];
  };
  if (item.kind === 'wall') {
    const { z, fromX, toX, heightM, openingFromX: a, openingToX: b, openingHeightM } = item;
    const panel = (x1: number, x2: number, y1: number, y2: number): Point[] => [
      at(x1, y1, z),
      at(x2, y1, z),
      at(x2, y2, z),
      at(x1, y2, z),
    ];
    return {
      depthM: view.project({ x: (a + b) / 2, y: 0, z }).depthM,
      outlines: [panel(fromX, a, 0, heightM), panel(b, toX, 0, heightM), panel(a, b, openingHeightM, heightM)],
    };
  }
  const depthM = view.project({ x: item.x, y: 0, z: item.z }).depthM;
  if (item.kind === 'column')
    return { depthM, outlines: [upright(view, item.x, item.z, item.radiusM, 0, item.heightM)] };
  if (item.kind === 'sign')
    return { depthM, outlines: [upright(view, item.x, item.z, item.widthM / 2, 0.75, item.heightM)] };
  if (item.kind === 'plant') {
    const pot = upright(view, item.x, item.z, item.widthM * 0.3, 0, item.heightM * 0.3);
    return { depthM, outlines: [pot, crown(view, item)] };
  }
  const { x, z, widthM, depthM: deepM, heightM } = item;
  const corners = [-1, 1].flatMap((sx) =>
    [-1, 1].flatMap((sz) =>
      [item.kind === 'bench' ? heightM * 0.7 : 0, heightM].map((y) =>
        at(x + (sx * widthM) / 2, y, z + (sz * deepM) / 2),
      ),
    ),
  );
  return { depthM, outlines: [convexHull(corners)] };
}

/** A flat upright rectangle that faces the camera. */
function upright(view: View, x: number, z: number, halfWidthM: number, fromY: number, toY: number): Point[] {
  const bottom = view.project({ x, y: fromY, z });
  const top = view.project({ x, y: toY, z });
  const [low, high] = [halfWidthM * bottom.scale, halfWidthM * top.scale];
  return [
    [bottom.x - low, bottom.y],
    [bottom.x + low, bottom.y],
    [top.x + high, top.y],
    [top.x - high, top.y],
  ];
}

/** The dense part of a plant's leaves: an ellipse. */
function crown(view: View, plant: { x: number; z: number; widthM: number; heightM: number }): Point[] {
  const middle = view.project({ x: plant.x, y: plant.heightM * 0.62, z: plant.z });
  const [rx, ry] = [plant.widthM * 0.36 * middle.scale, plant.heightM * 0.32 * middle.scale];
  return Array.from({ length: 12 }, (_, i): Point => {
    const angle = (i * Math.PI) / 6;
    return [middle.x + rx * Math.cos(angle), middle.y + ry * Math.sin(angle)];
  });
}

/** Andrew's monotone chain. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const p of list) {
      for (;;) {
        const [a, b] = [chain.at(-2), chain.at(-1)];
        if (a === undefined || b === undefined) break;
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
        chain.pop();
      }
      chain.push(p);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** Even-odd rule. */
export function isInside(polygon: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [a, b] = [polygon[i], polygon[j]];
    if (a === undefined || b === undefined) continue;
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
  }
  return inside;
}
