import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Decor } from './decor.ts';
import type { Figure } from './figure.ts';
import type { View } from './view.ts';

/** Under each body a small dark spot and a long soft shadow away from the light, both lying on the floor. */
export function paintShadows(
  ctx: SKRSContext2D,
  figures: readonly Figure[],
  view: View,
  decor: Decor,
  heightPx: number,
  sprite: Canvas,
): void {
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

/** A soft round spot. */
export function shadowSprite(): Canvas {
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
