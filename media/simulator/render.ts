import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { paintEntranceRoom, paintEntranceSun, paintEntranceWall } from './backdrop-entrance.ts';
import { paintHallRoom, paintHallSun } from './backdrop-hall.ts';
import { type Brush, createBrush } from './brush.ts';
import { clockText, paintCaption } from './caption.ts';
import type { Figure } from './figure.ts';
import type { Furniture, Occluder } from './furniture.ts';
import { type Light, paintFigure } from './paint-figure.ts';
import { paintFurniture, paintFurnitureShadow } from './paint-furniture.ts';
import { createRandom } from './random.ts';
import type { Scene } from './scene.ts';
import type { View } from './view.ts';

/** What a place looks like: how its parts are painted and how light falls in it. */
export interface Decor {
  paintRoom(brush: Brush): void;
  /** Light that comes and goes, on a transparent ground; over the room, under the people. */
  paintSun(brush: Brush): void;
  paintWall(brush: Brush, wall: Extract<Furniture, { kind: 'wall' }>): void;
  readonly light: Light;
  /** Where shadows fall on the floor, metres for somebody of 1.7 m, and how dark they are. */
  readonly shadowX: number;
  readonly shadowZ: number;
  readonly shadowAlpha: number;
  /** Amplitude of the camera's noise, 0..1. */
  readonly noise: number;
}

/** A place ready to be drawn. */
export interface Picture {
  readonly view: View;
  readonly furniture: readonly Furniture[];
  readonly occluders: readonly Occluder[];
  readonly decor: Decor;
}

export interface Moment {
  /** From far to near. */
  readonly figures: readonly Figure[];
  /** How much of the sun is out, 0..1. */
  readonly sun: number;
  /** Any number; the same one gives the same noise. */
  readonly noiseSeed: number;
  readonly captions: readonly string[];
}

export interface Renderer {
  /** RGBA, `widthPx * heightPx * 4` bytes, opaque. The buffer is used again by the next call: read it first. */
  render(moment: Moment): Buffer;
}

interface Prop {
  readonly depthM: number;
  readonly sprite: Canvas;
  readonly x: number;
  readonly y: number;
}

const NOISE_TILE_PX = 256;

export function createRenderer(picture: Picture, widthPx: number, heightPx: number): Renderer {
  const canvas = createCanvas(widthPx, heightPx);
  const ctx = canvas.getContext('2d');
  const room = painted(picture.view, widthPx, heightPx, (brush) => {
    picture.decor.paintRoom(brush);
    for (const item of picture.furniture) {
      if (item.kind !== 'wall') paintFurnitureShadow(brush, item);
    }
    const farFirst = picture.furniture.map((item, i) => ({ item, depthM: picture.occluders[i]?.depthM ?? 0 }));
    for (const { item } of farFirst.sort((a, b) => b.depthM - a.depthM)) paintPiece(brush, item, picture.decor);
  });
  const sun = painted(picture.view, widthPx, heightPx, (brush) => picture.decor.paintSun(brush));
  const vignette = painted(picture.view, widthPx, heightPx, paintVignette);
  const props = picture.furniture.map((item, i) => propOf(picture, item, picture.occluders[i], widthPx, heightPx));
  const shadow = shadowSprite();
  const noise = picture.decor.noise > 0 ? noiseTiles(picture.decor.noise) : [];

  return {
    render({ figures, sun: sunShare, noiseSeed, captions }) {
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.globalAlpha = 1;
      ctx.drawImage(room, 0, 0);
      ctx.globalAlpha = sunShare;
      ctx.drawImage(sun, 0, 0);
      ctx.globalAlpha = 1;
      paintShadows(ctx, figures, picture, heightPx, shadow);
      paintInDepth(ctx, figures, props, picture.decor.light, heightPx);
      ctx.drawImage(vignette, 0, 0);
      paintNoise(ctx, noise, noiseSeed, widthPx, heightPx);
      const dotPx = Math.max(1, Math.round(heightPx / 360));
      captions.forEach((text, i) => {
        const x = i === 0 ? 12 * dotPx : widthPx - (12 + text.length * 6) * dotPx;
        paintCaption(ctx, text, x, 10 * dotPx, dotPx);
      });
      return canvas.data();
    },
  };
}

/** Renders a scene at any time of its loop; the picture at t and at t + duration is the same to the byte. */
export function createSceneRenderer(scene: Scene, widthPx: number, heightPx: number): (tMs: number) => Buffer {
  const decor = scene.name === 'entrance' ? ENTRANCE_DECOR : HALL_DECOR;
  const renderer = createRenderer({ ...scene, decor }, widthPx, heightPx);
  return (tMs) => {
    const t = ((tMs % scene.durationMs) + scene.durationMs) % scene.durationMs;
    const turn = (2 * Math.PI * t) / scene.durationMs;
    return renderer.render({
      figures: scene.figuresAt(t),
      sun: 0.62 + 0.28 * Math.sin(2 * turn + scene.seed) + 0.1 * Math.sin(5 * turn),
      noiseSeed: Math.round(t),
      captions: [scene.title, clockText(t)],
    });
  };
}

const ENTRANCE_DECOR: Decor = {
  paintRoom: paintEntranceRoom,
  paintSun: paintEntranceSun,
  paintWall: paintEntranceWall,
  light: { fromX: 0.35, fromY: -0.94, contrast: 0.8, haze: [240, 226, 204], hazeShare: 0.16, hazeAtM: 12 },
  shadowX: -0.5,
  shadowZ: -1.3,
  shadowAlpha: 0.34,
  noise: 0.02,
};

const HALL_DECOR: Decor = {
  paintRoom: paintHallRoom,
  paintSun: paintHallSun,
  paintWall: () => undefined,
  light: { fromX: -0.75, fromY: -0.66, contrast: 0.85, haze: [232, 224, 212], hazeShare: 0.14, hazeAtM: 14 },
  shadowX: 0.95,
  shadowZ: 0.75,
  shadowAlpha: 0.32,
  noise: 0.02,
};

function painted(view: View, widthPx: number, heightPx: number, paint: (brush: Brush) => void): Canvas {
  const canvas = createCanvas(widthPx, heightPx);
  paint(createBrush(canvas.getContext('2d'), view, widthPx, heightPx));
  return canvas;
}

function paintPiece(brush: Brush, item: Furniture, decor: Decor): void {
  if (item.kind === 'wall') decor.paintWall(brush, item);
  else paintFurniture(brush, item);
}

/** The piece cut out, to be drawn again over people behind it. */
function propOf(
  picture: Picture,
  item: Furniture,
  occluder: Occluder | undefined,
  widthPx: number,
  heightPx: number,
): Prop {
  const whole = painted(picture.view, widthPx, heightPx, (brush) => paintPiece(brush, item, picture.decor));
  const margin = 0.06;
  const points = occluder?.outlines.flat() ?? [];
  const clamp = (value: number, to: number): number => Math.min(Math.max(Math.round(value * heightPx), 0), to);
  const x1 = clamp(Math.min(...points.map((p) => p[0])) - margin, widthPx);
  const y1 = clamp(Math.min(...points.map((p) => p[1])) - margin, heightPx);
  const x2 = clamp(Math.max(...points.map((p) => p[0])) + margin, widthPx);
  const y2 = clamp(Math.max(...points.map((p) => p[1])) + margin, heightPx);
  const sprite = createCanvas(Math.max(1, x2 - x1), Math.max(1, y2 - y1));
  sprite.getContext('2d').drawImage(whole, -x1, -y1);
  return { depthM: occluder?.depthM ?? 0, sprite, x: x1, y: y1 };
}

/** People from far to near; a piece of furniture is drawn again only over somebody behind it. */
function paintInDepth(
  ctx: SKRSContext2D,
  figures: readonly Figure[],
  props: readonly Prop[],
  light: Light,
  heightPx: number,
): void {
  const waiting = [...props].sort((a, b) => b.depthM - a.depthM);
  const painted: Figure[] = [];
  const passProps = (depthM: number): void => {
    for (let prop = waiting[0]; prop !== undefined && prop.depthM > depthM; prop = waiting[0]) {
      waiting.shift();
      const { sprite, x, y } = prop;
      if (painted.some(({ box }) => overlaps(box, x, y, sprite, heightPx))) ctx.drawImage(sprite, x, y);
    }
  };
  for (const figure of figures) {
    passProps(figure.depthM);
    if (figure.box.x2 < 0 || figure.box.x1 > 1 || figure.box.y2 < 0 || figure.box.y1 > 1) continue;
    paintFigure(ctx, figure, heightPx, light);
    painted.push(figure);
  }
  passProps(-Infinity);
}

function overlaps(box: Figure['box'], x: number, y: number, sprite: Canvas, heightPx: number): boolean {
  const widthPx = (heightPx * 16) / 9;
  return (
    box.x1 * widthPx < x + sprite.width &&
    box.x2 * widthPx > x &&
    box.y1 * heightPx < y + sprite.height &&
    box.y2 * heightPx > y
  );
}

/** Under each body a small dark spot and a long soft shadow away from the light, both lying on the floor. */
function paintShadows(
  ctx: SKRSContext2D,
  figures: readonly Figure[],
  picture: Picture,
  heightPx: number,
  sprite: Canvas,
): void {
  const { view, decor } = picture;
  for (const { ground, heightM } of figures) {
    const scale = heightM / 1.7;
    const [sx, sz] = [decor.shadowX * scale, decor.shadowZ * scale];
    const length = Math.hypot(sx, sz);
    const lay = (x: number, z: number, ax: number, az: number, bx: number, bz: number, alpha: number): void => {
      const c = view.project({ x, y: 0, z });
      const a = view.project({ x: x + ax, y: 0, z: z + az });
      const b = view.project({ x: x + bx, y: 0, z: z + bz });
      ctx.globalAlpha = alpha;
      ctx.setTransform(
        (a.x - c.x) * heightPx,
        (a.y - c.y) * heightPx,
        (b.x - c.x) * heightPx,
        (b.y - c.y) * heightPx,
        c.x * heightPx,
        c.y * heightPx,
      );
      ctx.drawImage(sprite, -1, -1, 2, 2);
    };
    const wide = 0.26 * scale;
    lay(
      ground.x + sx * 0.5,
      ground.z + sz * 0.5,
      sx * 0.62,
      sz * 0.62,
      (-sz / length) * wide,
      (sx / length) * wide,
      decor.shadowAlpha,
    );
    lay(ground.x, ground.z, 0.36 * scale, 0, 0, 0.3 * scale, decor.shadowAlpha + 0.2);
  }
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.globalAlpha = 1;
}

function shadowSprite(): Canvas {
  const canvas = createCanvas(64, 64);
  const ctx = canvas.getContext('2d');
  const gradient = ctx.createRadialGradient(32, 32, 0, 32, 32, 32);
  gradient.addColorStop(0, 'rgba(24,18,14,1)');
  gradient.addColorStop(0.45, 'rgba(24,18,14,0.62)');
  gradient.addColorStop(1, 'rgba(24,18,14,0)');
  ctx.fillStyle = gradient;
  ctx.fillRect(0, 0, 64, 64);
  return canvas;
}

function paintVignette({ ctx, widthPx, heightPx }: Brush): void {
  const gradient = ctx.createRadialGradient(
    widthPx / 2,
    heightPx * 0.52,
    heightPx * 0.45,
    widthPx / 2,
    heightPx * 0.52,
    heightPx * 1.08,
  );
  gradient.addColorStop(0, 'rgba(18,12,8,0)');
  gradient.addColorStop(1, 'rgba(18,12,8,0.42)');
  ctx.fillStyle = gradient;
  ctx.fillRect(0, 0, widthPx, heightPx);
}

function noiseTiles(amplitude: number): Canvas[] {
  return [0, 1, 2].map((tile) => {
    const canvas = createCanvas(NOISE_TILE_PX, NOISE_TILE_PX);
    const ctx = canvas.getContext('2d');
    const image = ctx.createImageData(NOISE_TILE_PX, NOISE_TILE_PX);
    const random = createRandom(`noise ${tile}`);
    for (let i = 0; i < image.data.length; i += 4) {
      const value = random.unit() + random.unit() + random.unit() - 1.5;
      image.data.fill(value > 0 ? 255 : 0, i, i + 3);
      image.data[i + 3] = Math.min(255, Math.abs(value) * amplitude * 255);
    }
    ctx.putImageData(image, 0, 0);
    return canvas;
  });
}

function paintNoise(
  ctx: SKRSContext2D,
  tiles: readonly Canvas[],
  seed: number,
  widthPx: number,
  heightPx: number,
): void {
  const mixed = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const tile = tiles[mixed % 3];
  if (tile === undefined) return;
  const [dx, dy] = [(mixed >>> 8) % NOISE_TILE_PX, (mixed >>> 18) % NOISE_TILE_PX];
  for (let y = -dy; y < heightPx; y += NOISE_TILE_PX) {
    for (let x = -dx; x < widthPx; x += NOISE_TILE_PX) ctx.drawImage(tile, x, y);
  }
}
