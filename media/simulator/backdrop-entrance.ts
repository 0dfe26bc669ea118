import { type Brush, mix, rgb, shade, verticalGradient } from './brush.ts';
import type { Furniture } from './furniture.ts';
import { createRandom } from './random.ts';
import type { Colour } from './walkers.ts';

const PLASTER: Colour = [236, 227, 211];
const OAK: Colour = [168, 124, 84];
const FRAME: Colour = [58, 60, 64];
const TILE: Colour = [196, 187, 173];
const HALF_WIDTH_M = 6.7;
const DOOR_WALL_Z = 12;

type Wall = Extract<Furniture, { kind: 'wall' }>;

/** The lobby and, through its door, the street; everything but the door's wall, which people walk behind. */
export function paintEntranceRoom(brush: Brush): void {
  paintStreet(brush);
  paintTiles(brush);
  paintSideWalls(brush);
}

/** Low sun through the door. Painted apart, so that passing clouds can dim it. */
export function paintEntranceSun(brush: Brush): void {
  const { ctx } = brush;
  ctx.globalCompositeOperation = 'source-over';
  const pool = ctx.createLinearGradient(0, 0.4 * brush.heightPx, 0, 0.86 * brush.heightPx);
  pool.addColorStop(0, 'rgba(255,236,196,0.78)');
  pool.addColorStop(0.45, 'rgba(255,230,184,0.34)');
  pool.addColorStop(1, 'rgba(255,226,176,0)');
  for (const [widen, alpha] of [
    [0, 0.5],
    [0.35, 0.35],
    [0.8, 0.25],
  ] as const) {
    ctx.globalAlpha = alpha;
    brush.polygon(
      [
        { x: -1.8, y: 0, z: 11.9 },
        { x: 1.8, y: 0, z: 11.9 },
        { x: 0.6 + widen, y: 0, z: 4.2 },
        { x: -3.6 - widen, y: 0, z: 4.2 },
      ],
      pool,
    );
  }
  ctx.globalAlpha = 1;
}

function paintStreet(brush: Brush): void {
  const { ctx } = brush;
  ctx.fillStyle = verticalGradient(brush, '#dfeaf2', '#f6f3ea', 0, 0.35);
  ctx.fillRect(0, 0, brush.widthPx, brush.heightPx);
  const random = createRandom('street');
  let x = -16;
  while (x < 16) {
    const width = random.between(3, 5.5);
    const front: Colour = random.pick([
      [214, 190, 164],
      [190, 200, 204],
      [222, 208, 180],
      [204, 178, 160],
    ]);
    brush.front(x, x + width, 0, 9, 25, rgb(mix(front, [244, 244, 240], 0.45)));
    for (let wx = x + 0.4; wx + 0.9 < x + width; wx += 1.3) {
      brush.front(wx, wx + 0.8, 0.9, 2.5, 25, rgb(mix(front, [120, 140, 156], 0.4)));
    }
    x += width;
  }
  brush.floor(-16, 16, 11.9, 25, rgb([222, 217, 206]));
  brush.floor(-16, 16, 19, 24, rgb([186, 186, 184]));
  for (const treeX of [-3.4, 1.1, 4.6]) {
    brush.front(treeX - 0.09, treeX + 0.09, 0, 2.2, 18.4, rgb([142, 126, 108]));
    for (let i = 0; i < 26; i++) {
      const [tx, ty] = brush.px({ x: treeX + random.between(-0.9, 0.9), y: random.between(1.7, 3.6), z: 18.4 });
      ctx.fillStyle = rgb(mix([150, 182, 124], [206, 220, 176], random.unit()), 0.8);
      ctx.beginPath();
      ctx.arc(tx, ty, 0.018 * brush.heightPx, 0, 2 * Math.PI);
      ctx.fill();
    }
  }
}

function paintTiles(brush: Brush): void {
  const { ctx } = brush;
  const random = createRandom('entrance tiles');
  const size = 0.9;
  brush.floor(-HALF_WIDTH_M, HALF_WIDTH_M, 1.6, DOOR_WALL_Z, rgb(shade(TILE, 0.8)));
  for (let z = 1.6; z < DOOR_WALL_Z - 0.05; z += size) {
    for (let x = -HALF_WIDTH_M; x < HALF_WIDTH_M - 0.05; x += size) {
      const tone = shade(TILE, random.between(0.95, 1.05));
      const [x2, z2] = [Math.min(x + size, HALF_WIDTH_M), Math.min(z + size, DOOR_WALL_Z)];
      brush.floor(x + 0.012, x2 - 0.012, z + 0.012, z2 - 0.012, rgb(tone));
    }
  }
  // The ceiling's lamps, mirrored in the polish, and the dusk in the corners.
  ctx.globalCompositeOperation = 'screen';
  for (const [x, z] of [
    [-3, 6],
    [2.6, 5.4],
    [-2.2, 9.4],
    [2.4, 9.6],
  ] as const) {
    brush.glow(x, z, 1.3, 1.9, [255, 246, 226], 0.16);
  }
  ctx.globalCompositeOperation = 'source-over';
  brush.glow(-HALF_WIDTH_M, 9, 2.6, 5, [30, 22, 16], 0.4);
  brush.glow(HALF_WIDTH_M, 9, 2.6, 5, [30, 22, 16], 0.4);
  brush.floor(-1.75, 1.75, 10.2, 11.75, rgb([72, 70, 70]));
  for (let z = 10.28; z < 11.7; z += 0.14) brush.floor(-1.68, 1.68, z, z + 0.05, rgb([92, 90, 88]));
}

function paintSideWalls(brush: Brush): void {
  for (const x of [-HALF_WIDTH_M, HALF_WIDTH_M]) {
    brush.side(x, 0, 6, 3, DOOR_WALL_Z, rgb(shade(PLASTER, x < 0 ? 0.86 : 0.8)));
    brush.side(x, 0, 0.16, 3, DOOR_WALL_Z, rgb(shade(OAK, 0.6)));
  }
  // Posters to the left, shelves to the right.
  const posters: readonly (readonly [number, Colour, Colour])[] = [
    [8.3, [196, 92, 70], [240, 214, 170]],
    [10.1, [62, 100, 118], [214, 226, 220]],
  ];
  for (const [z, ground, accent] of posters) {
    brush.side(-HALF_WIDTH_M + 0.01, 1, 2.5, z - 0.06, z + 1.16, rgb(FRAME));
    brush.side(-HALF_WIDTH_M + 0.02, 1.06, 2.44, z, z + 1.1, rgb(ground));
    brush.side(-HALF_WIDTH_M + 0.03, 1.3, 1.75, z + 0.2, z + 0.9, rgb(accent));
  }
  for (const y of [0.4, 0.95, 1.5, 2.05]) {
    brush.side(HALF_WIDTH_M - 0.02, y, y + 0.05, 7.6, 11.4, rgb(shade(OAK, 0.9)));
    const random = createRandom(`shelf ${y}`);
    for (let z = 7.7; z < 11.2; z += random.between(0.16, 0.34)) {
      const spine: Colour = random.pick([
        [150, 70, 60],
        [70, 96, 110],
        [196, 178, 140],
        [90, 104, 80],
        [222, 216, 204],
      ]);
      brush.side(HALF_WIDTH_M - 0.03, y + 0.05, y + random.between(0.26, 0.44), z, z + 0.13, rgb(spine));
    }
  }
}

/** The door's wall with its opening left out: drawn over whoever is in the street. */
export function paintEntranceWall(brush: Brush, wall: Wall): void {
  const { ctx } = brush;
  const { z, openingFromX: a, openingToX: b, openingHeightM: top, heightM } = wall;
  const plaster = verticalGradient(brush, rgb(shade(PLASTER, 0.94)), rgb(shade(PLASTER, 0.84)), 0, 0.45);
  const pieces: readonly (readonly [number, number, number, number])[] = [
    [-HALF_WIDTH_M, a, 0, heightM],
    [b, HALF_WIDTH_M, 0, heightM],
    [a, b, top, heightM],
  ];
  for (const [x1, x2, y1, y2] of pieces) brush.front(x1, x2, y1, y2, z, plaster);
  // Oak slats beside the door, its frame, the fixed glass to both sides.
  for (const [from, to] of [
    [-4.4, a - 1],
    [b + 1, 4.4],
  ] as const) {
    brush.front(from, to, 0, 2.9, z, rgb(shade(OAK, 0.82)));
    for (let x = from + 0.05; x < to - 0.04; x += 0.16) brush.front(x, x + 0.1, 0, 2.9, z, rgb(shade(OAK, 1.02)));
  }
  for (const [from, to] of [
    [a - 1, a],
    [b, b + 1],
  ] as const) {
    const glass = verticalGradient(brush, '#a9c0c8', '#6f8288', 0.18, 0.45);
    brush.front(from, to, 0.06, top, z, glass);
    brush.polygon(
      [
        { x: from + 0.15, y: 0.06, z },
        { x: from + 0.5, y: 0.06, z },
        { x: to - 0.1, y: top, z },
        { x: to - 0.45, y: top, z },
      ],
      'rgba(255,255,255,0.18)',
    );
  }
  brush.front(a - 1, b + 1, top, top + 0.16, z, rgb(FRAME));
  brush.front(a - 1, b + 1, top + 0.16, top + 0.75, z, verticalGradient(brush, '#dbe8ec', '#c3d3d8', 0.1, 0.2));
  brush.front(a - 1, b + 1, top + 0.75, top + 0.83, z, rgb(FRAME));
  for (const x of [a - 1, a, b, b + 1]) brush.front(x - 0.05, x + 0.05, 0, top + 0.8, z, rgb(FRAME));
  brush.front(-HALF_WIDTH_M, a - 1.05, 0, 0.14, z, rgb(shade(OAK, 0.6)));
  brush.front(b + 1.05, HALF_WIDTH_M, 0, 0.14, z, rgb(shade(OAK, 0.6)));
  // Daylight bleeding over the frame's edges.
  const [gx, gy] = brush.px({ x: 0, y: 1.6, z });
  const bloom = ctx.createRadialGradient(gx, gy, 0, gx, gy, 0.42 * brush.heightPx);
  bloom.addColorStop(0, 'rgba(255,246,226,0.30)');
  bloom.addColorStop(1, 'rgba(255,246,226,0)');
  const [ox, oy] = brush.px({ x: a, y: top, z });
  const [px, py] = brush.px({ x: b, y: 0, z });
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, brush.widthPx, py);
  ctx.rect(ox, oy, px - ox, py - oy);
  ctx.clip('evenodd');
  ctx.fillStyle = bloom;
  ctx.fillRect(0, 0, brush.widthPx, py);
  ctx.restore();
}
