import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Brush } from './brush.ts';
import { painted } from './canvas.ts';
import type { Decor } from './decor.ts';
import type { Figure } from './figure.ts';
import type { Furniture, Occluder } from './furniture.ts';
import { type Light, paintFigure } from './paint-figure.ts';
import { paintFurniture } from './paint-furniture.ts';
import { ASPECT, type View } from './view.ts';

/** Leaves and rims reach so far beyond the outline, image heights. */
const MARGIN = 0.06;

/**
 * A piece of furniture cut out of the finished room, to be drawn again over whoever is behind it: pixel for pixel what
 * is there anyway, so that nothing flickers when somebody passes.
 */
export interface Prop {
  readonly depthM: number;
  readonly sprite: Canvas;
  /** The sun that falls on it. */
  readonly sunlit: Canvas;
  readonly x: number;
  readonly y: number;
}

export function paintPiece(brush: Brush, item: Furniture, decor: Decor): void {
  if (item.kind === 'wall') decor.paintWall(brush, item);
  else paintFurniture(brush, item);
}

/** `room` and `sun` are the whole picture's, of one size. */
export function propOf(
  view: View,
  decor: Decor,
  item: Furniture,
  { depthM, outlines }: Occluder,
  room: Canvas,
  sun: Canvas,
): Prop {
  const { width: widthPx, height: heightPx } = room;
  const alone = painted(view, widthPx, heightPx, (brush) => paintPiece(brush, item, decor));
  const points = outlines.flat();
  const clamp = (value: number, to: number): number => Math.min(Math.max(Math.round(value * heightPx), 0), to);
  const x1 = clamp(Math.min(...points.map((p) => p[0])) - MARGIN, widthPx);
  const y1 = clamp(Math.min(...points.map((p) => p[1])) - MARGIN, heightPx);
  const x2 = clamp(Math.max(...points.map((p) => p[0])) + MARGIN, widthPx);
  const y2 = clamp(Math.max(...points.map((p) => p[1])) + MARGIN, heightPx);
  const [width, height] = [Math.max(1, x2 - x1), Math.max(1, y2 - y1)];
  const mask = maskOf(alone, x1, y1, width, height);
  const cut = (whole: Canvas): Canvas => {
    const canvas = createCanvas(width, height);
    const ctx = canvas.getContext('2d');
    ctx.drawImage(whole, -x1, -y1);
    ctx.globalCompositeOperation = 'destination-in';
    ctx.drawImage(mask, 0, 0);
    return canvas;
  };
  return { depthM, sprite: cut(room), sunlit: cut(sun), x: x1, y: y1 };
}

/** Opaque where the piece covers at least half of a pixel, else clear. */
function maskOf(alone: Canvas, x: number, y: number, width: number, height: number): Canvas {
  const mask = createCanvas(width, height);
  const ctx = mask.getContext('2d');
  ctx.drawImage(alone, -x, -y);
  const image = ctx.getImageData(0, 0, width, height);
  for (let i = 3; i < image.data.length; i += 4) image.data[i] = (image.data[i] ?? 0) >= 128 ? 255 : 0;
  ctx.putImageData(image, 0, 0);
  return mask;
}

/** Pixels of the picture. */
interface Area {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** People from far to near; furniture is drawn again only over somebody behind it. */
export function paintInDepth(
  ctx: SKRSContext2D,
  figures: readonly Figure[],
  props: readonly Prop[],
  sunShare: number,
  light: Light,
  heightPx: number,
): void {
  const widthPx = heightPx * ASPECT;
  const waiting = [...props].sort((a, b) => b.depthM - a.depthM);
  const drawn: Area[] = [];
  const passProps = (depthM: number): void => {
    for (let prop = waiting[0]; prop !== undefined && prop.depthM > depthM; prop = waiting[0]) {
      waiting.shift();
      const { sprite, sunlit, x, y } = prop;
      const area = { x1: x, y1: y, x2: x + sprite.width, y2: y + sprite.height };
      if (!drawn.some((behind) => meet(behind, area))) continue;
      ctx.drawImage(sprite, x, y);
      ctx.globalAlpha = sunShare;
      ctx.drawImage(sunlit, x, y);
      ctx.globalAlpha = 1;
    }
  };
  for (const figure of figures) {
    passProps(figure.depthM);
    const { x1, y1, x2, y2 } = figure.box;
    if (x2 < 0 || x1 > 1 || y2 < 0 || y1 > 1) continue;
    paintFigure(ctx, figure, heightPx, light);
    drawn.push({ x1: x1 * widthPx, y1: y1 * heightPx, x2: x2 * widthPx, y2: y2 * heightPx });
  }
  passProps(-Infinity);
}

function meet(a: Area, b: Area): boolean {
  return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;
}
