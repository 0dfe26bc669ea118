import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Brush } from './brush.ts';
import { createRandom } from './random.ts';

const NOISE_TILE_PX = 256;

/** Darker corners, as lenses make them. */
export function paintVignette({ ctx, widthPx, heightPx }: Brush): void {
  const gradient = ctx.createRadialGradient(
    widthPx / 2,
    heightPx * 0.52,
    heightPx * 0.45,
    widthPx / 2,
    heightPx * 0.52,
    heightPx * 1.08,
  );
  gradient.addColorStop(0, 'rgba(18,12,8,0)');
  gradient.addColorStop(1, 'rgba(18,12,8,0.32)');
  ctx.fillStyle = gradient;
  ctx.fillRect(0, 0, widthPx, heightPx);
}

/** `amplitude` 0..1. */
export function noiseTiles(amplitude: number): Canvas[] {
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

/** The same seed gives the same noise. */
export function paintNoise(
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
