import { type Brush, mix, rgb, shade, verticalGradient } from './brush.ts';
import { createRandom } from './random.ts';
import type { Colour } from './walkers.ts';

const MARBLE: Colour = [196, 192, 186];
const BAND: Colour = [136, 128, 122];
const WALL: Colour = [206, 196, 182];
const AWNINGS: readonly Colour[] = [
  [150, 66, 58],
  [58, 88, 96],
  [96, 108, 78],
  [186, 142, 78],
  [104, 82, 110],
];
const BACK_Z = 18;
const FROM_X = -17;
const TO_X = 25;

/** A light atrium: polished stone, a back wall of arches with shops and windows in them. */
export function paintHallRoom(brush: Brush): void {
  brush.ctx.fillStyle = rgb(shade(WALL, 0.9));
  brush.ctx.fillRect(0, 0, brush.widthPx, brush.heightPx);
  paintBackWall(brush);
  paintFloor(brush);
}

/** Sun from high windows behind the camera's left shoulder: slanting patches on the floor. */
export function paintHallSun(brush: Brush): void {
  const { ctx } = brush;
  for (const [soft, alpha] of [
    [0.22, 0.1],
    [0.12, 0.12],
    [0.03, 0.14],
  ] as const) {
    for (let i = 0; i < 6; i++) {
      const x = -8.2 + i * 3.5;
      const patch = [
        { x: x - soft, y: 0, z: 9.1 - soft },
        { x: x + 1.75 + soft, y: 0, z: 9.1 - soft },
        { x: x + 3.25 + soft, y: 0, z: 13.4 + soft },
        { x: x + 1.5 - soft, y: 0, z: 13.4 + soft },
      ];
      brush.polygon(patch, `rgba(255,236,196,${alpha})`);
    }
  }
  const wash = ctx.createLinearGradient(0, 0, brush.widthPx, 0.6 * brush.heightPx);
  wash.addColorStop(0, 'rgba(255,240,208,0.16)');
  wash.addColorStop(1, 'rgba(255,240,208,0)');
  ctx.fillStyle = wash;
  ctx.fillRect(0, 0, brush.widthPx, brush.heightPx);
}

function paintFloor(brush: Brush): void {
  const { ctx } = brush;
  const random = createRandom('hall floor');
  const size = 1.4;
  brush.floor(FROM_X, TO_X, 2.2, BACK_Z, rgb(shade(MARBLE, 0.9)));
  for (let row = 0, z = 2.2; z < BACK_Z; z += size, row++) {
    for (let column = 0, x = FROM_X; x < TO_X; x += size, column++) {
      const isBand = column % 6 === 3 || row % 6 === 4;
      const tone = shade(isBand ? BAND : MARBLE, random.between(0.965, 1.035));
      brush.floor(x + 0.01, x + size - 0.01, z + 0.01, Math.min(z + size, BACK_Z) - 0.01, rgb(tone));
      for (let vein = 0; vein < 1 && !isBand; vein++) {
        const [vx, vz] = [x + random.between(0.1, 1), z + random.between(0.1, 1)];
        const [dx, dz] = [random.between(-0.5, 0.5), random.between(0.1, 0.5)];
        brush.polygon(
          [
            { x: vx, y: 0, z: vz },
            { x: vx + 0.018, y: 0, z: vz },
            { x: vx + dx + 0.01, y: 0, z: vz + dz },
            { x: vx + dx, y: 0, z: vz + dz },
          ],
          'rgba(120,112,106,0.10)',
        );
      }
    }
  }
  // What the polish mirrors of the bright wall, and the dimness towards the camera.
  const [, horizon] = brush.px({ x: 0, y: 0, z: BACK_Z });
  const mirror = ctx.createLinearGradient(0, horizon, 0, horizon + 0.34 * brush.heightPx);
  mirror.addColorStop(0, 'rgba(255,248,232,0.34)');
  mirror.addColorStop(1, 'rgba(255,248,232,0)');
  ctx.fillStyle = mirror;
  ctx.fillRect(0, horizon, brush.widthPx, 0.34 * brush.heightPx);
  for (let x = FROM_X + 2.1; x < TO_X; x += 4.2) brush.glow(x, BACK_Z - 2, 1.1, 3.2, [255, 250, 238], 0.3);
}

function paintBackWall(brush: Brush): void {
  const { ctx } = brush;
  brush.front(FROM_X, TO_X, 0, 9, BACK_Z, verticalGradient(brush, rgb(shade(WALL, 0.86)), rgb(WALL), 0, 0.35));
  const random = createRandom('hall shops');
  for (let shop = 0, x = FROM_X; x < TO_X; x += 4.2, shop++) {
    const [from, to] = [x + 0.55, x + 3.65];
    const glowing: Colour = random.pick([
      [250, 226, 180],
      [236, 232, 220],
      [216, 228, 232],
      [246, 214, 176],
    ]);
    brush.front(from - 0.18, to + 0.18, 0, 3.2, BACK_Z, rgb(shade(WALL, 0.76)));
    brush.front(from, to, 0.12, 3, BACK_Z, rgb(mix(glowing, [120, 110, 100], 0.3)));
    brush.front(from + 0.1, to - 0.1, 0.3, 2.35, BACK_Z, rgb(glowing));
    for (let y = 0.45; y < 2; y += 0.62) {
      brush.front(from + 0.15, to - 0.15, y, y + 0.05, BACK_Z, rgb([150, 120, 90]));
      for (let wx = from + 0.25; wx < to - 0.4; wx += random.between(0.28, 0.6)) {
        const goods: Colour = random.pick([
          [168, 92, 76],
          [92, 118, 126],
          [206, 176, 120],
          [110, 128, 96],
          [186, 160, 150],
        ]);
        brush.front(wx, wx + random.between(0.14, 0.26), y + 0.05, y + random.between(0.2, 0.45), BACK_Z, rgb(goods));
      }
    }
    const awning = AWNINGS[shop % AWNINGS.length] ?? BAND;
    brush.front(from - 0.1, to + 0.1, 2.42, 2.98, BACK_Z, rgb(awning));
    brush.front(from + 0.6, to - 0.6, 2.58, 2.8, BACK_Z, 'rgba(246,240,228,0.85)');
    // A pilaster between two shops.
    brush.front(x - 0.3, x + 0.3, 0, 9, BACK_Z, rgb(shade(WALL, 1.08)));
    brush.front(x + 0.22, x + 0.3, 0, 9, BACK_Z, rgb(shade(WALL, 0.8)));
  }
  brush.front(FROM_X, TO_X, 3.5, 3.72, BACK_Z, rgb(shade(WALL, 1.1)));
  brush.front(FROM_X, TO_X, 3.42, 3.5, BACK_Z, rgb(shade(WALL, 0.7)));
  brush.front(FROM_X, TO_X, 0, 0.14, BACK_Z, rgb(shade(WALL, 0.55)));
  const [, horizon] = brush.px({ x: 0, y: 0, z: BACK_Z });
  ctx.fillStyle = verticalGradient(brush, 'rgba(60,44,30,0)', 'rgba(60,44,30,0.18)', 0, horizon / brush.heightPx);
  ctx.fillRect(0, 0, brush.widthPx, horizon);
}
