import { type Brush, mix, rgb, shade } from '#media/simulator/brush.ts';
import type { Random } from '#media/simulator/random.ts';
import type { Decor } from '#media/simulator/decor.ts';
import type { Colour } from '#media/simulator/walkers.ts';
import type { Viewpoint } from './random-view.ts';

/** Where along z the wall stands, and from where on there is floor, its pattern, and things on it. */
interface Room {
  readonly isSteep: boolean;
  readonly wallZ: number;
  readonly floorFromZ: number;
  readonly tilesFromZ: number;
  readonly thingsFromZ: number;
}

/** Floors, walls and clutter of no particular place, so that a detector learns people and not two rooms. */
export function randomDecor(random: Random, { floorFromZ, peopleFromZ, isSteep }: Viewpoint): Decor {
  const seed = random.between(0, 1);
  const floor = anyColour(random, 50, 225);
  const wall = anyColour(random, 50, 235);
  const wallZ = random.between(9, 26);
  const angle = random.between(0, 2 * Math.PI);
  const reach = random.between(0.2, 1.8);
  const room: Room = isSteep
    ? { isSteep, wallZ, floorFromZ, tilesFromZ: floorFromZ, thingsFromZ: peopleFromZ }
    : { isSteep, wallZ, floorFromZ, tilesFromZ: Math.max(1, floorFromZ), thingsFromZ: 3 };
  return {
    paintRoom: (brush) => paintRoom(brush, random, floor, wall, room),
    paintSun: (brush) => paintLightPatches(brush, random, room),
    paintWall: () => undefined,
    light: {
      fromX: Math.cos(angle),
      fromY: -Math.abs(Math.sin(angle)),
      contrast: random.between(0.2, 1.1),
      haze: mix(wall, [255, 255, 255], random.between(0, 0.6)),
      hazeShare: random.between(0, 0.25),
      hazeAtM: 12,
    },
    shadowX: Math.cos(angle + seed) * reach,
    shadowZ: Math.sin(angle + seed) * reach + 0.01,
    shadowAlpha: random.between(0.02, 0.45),
    noise: random.chance(0.7) ? random.between(0.01, 0.1) : 0,
  };
}

function anyColour(random: Random, darkest: number, lightest: number): Colour {
  const grey = random.between(darkest, lightest);
  const vivid = random.chance(0.25) ? 60 : 18;
  const channel = (): number => Math.min(250, Math.max(6, grey + random.between(-vivid, vivid)));
  return [channel(), channel(), channel()];
}

function paintRoom(brush: Brush, random: Random, floor: Colour, wall: Colour, room: Room): void {
  const { wallZ, thingsFromZ } = room;
  const { ctx, widthPx, heightPx } = brush;
  ctx.fillStyle = rgb(shade(wall, 0.9));
  ctx.fillRect(0, 0, widthPx, heightPx);
  brush.front(-45, 45, -1, 14, wallZ, rgb(wall));
  brush.floor(-45, 45, room.floorFromZ, wallZ, rgb(floor));
  paintFloorPattern(brush, random, floor, room);
  for (let i = random.whole(0, 14); i > 0; i--) paintOnWall(brush, random, wall, wallZ);
  // A side wall reaches higher than a camera that looks down hangs.
  if (!room.isSteep && random.chance(0.4)) {
    const x = random.between(3, 9) * (random.chance(0.5) ? 1 : -1);
    const sideColour = shade(wall, random.between(0.7, 1.1));
    brush.side(x, 0, 8, 1, wallZ, rgb(sideColour));
    for (let i = random.whole(0, 5); i > 0; i--) {
      const z = random.between(2, wallZ - 1);
      const y = random.between(0, 1.6);
      brush.side(x, y, y + random.between(0.3, 1.5), z, z + random.between(0.2, 2), rgb(anyColour(random, 20, 240)));
    }
  }
  for (let i = random.whole(0, 9); i > 0; i--) paintClutter(brush, random, thingsFromZ);
  for (let i = random.whole(0, 4); i > 0; i--) {
    const tone = random.chance(0.5) ? 0 : 255;
    brush.glow(
      random.between(-7, 7),
      random.between(thingsFromZ - 0.5, 15),
      random.between(0.4, 4),
      random.between(0.4, 4),
      [tone, tone, tone],
      random.between(0.05, 0.4),
    );
  }
}

function paintFloorPattern(brush: Brush, random: Random, floor: Colour, { wallZ, tilesFromZ }: Room): void {
  const kind = random.pick(['plain', 'tiles', 'tiles', 'planks', 'checker', 'stripes', 'speckle']);
  const other = random.chance(0.5) ? shade(floor, random.between(0.7, 1.3)) : anyColour(random, 40, 230);
  if (kind === 'speckle') {
    for (let i = 0; i < 260; i++) {
      const [x, z] = [random.between(-10, 10), random.between(tilesFromZ + 0.5, wallZ)];
      const size = random.between(0.04, 0.5);
      brush.floor(x, x + size, z, z + size, rgb(shade(floor, random.between(0.8, 1.2))));
    }
    return;
  }
  if (kind === 'plain') return;
  const width = random.between(0.4, 2);
  const depth = kind === 'planks' ? 40 : kind === 'stripes' ? random.between(0.4, 2) : width;
  let row = 0;
  for (let z = tilesFromZ; z < wallZ; z += depth, row++) {
    let column = 0;
    const across = kind === 'stripes' ? 60 : width;
    for (let x = -14; x < 14; x += across, column++) {
      const isOther = kind === 'checker' ? (row + column) % 2 === 0 : kind === 'stripes' ? row % 2 === 0 : false;
      const tone = shade(isOther ? other : floor, random.between(0.95, 1.05));
      const gap = kind === 'checker' || kind === 'stripes' ? 0 : 0.015;
      brush.floor(x + gap, x + across - gap, z + gap, Math.min(wallZ, z + depth) - gap, rgb(tone));
    }
  }
}

/** Windows, doors, posters, shelves: rectangles in rectangles. */
function paintOnWall(brush: Brush, random: Random, wall: Colour, wallZ: number): void {
  const x = random.between(-14, 14);
  const y = random.chance(0.4) ? 0 : random.between(0.2, 3);
  const [width, height] = [random.between(0.3, 3.2), random.between(0.3, 2.6)];
  brush.front(x - 0.08, x + width + 0.08, y, y + height + 0.08, wallZ, rgb(shade(wall, random.between(0.4, 1.2))));
  brush.front(x, x + width, y, y + height, wallZ, rgb(anyColour(random, 10, 250)));
  for (let i = random.whole(0, 6); i > 0; i--) {
    const [ix, iy] = [x + random.between(0, width * 0.8), y + random.between(0, height * 0.8)];
    const right = Math.min(x + width, ix + random.between(0.05, 0.8));
    const top = Math.min(y + height, iy + random.between(0.05, 0.8));
    brush.front(ix, right, iy, top, wallZ, rgb(anyColour(random, 10, 250)));
  }
}

/** Things of a person's size and colours that are no persons: bins, poles, boxes, coats on a stand, balls. */
function paintClutter(brush: Brush, random: Random, fromZ: number): void {
  const { ctx, heightPx } = brush;
  const [x, z] = [random.between(-7, 7), random.between(fromZ, 15)];
  const colour = anyColour(random, 15, 240);
  brush.glow(x, z, 0.5, 0.4, [15, 12, 10], 0.3);
  const kind = random.pick(['box', 'box', 'pole', 'bin', 'stand', 'ball', 'panel']);
  const at = brush.view.project({ x, y: 0, z });
  const unit = at.scale * heightPx;
  const [px, py] = [at.x * heightPx, at.y * heightPx];
  ctx.fillStyle = rgb(colour);
  if (kind === 'box') {
    const [w, d] = [random.between(0.3, 1.6), random.between(0.3, 1.2)];
    brush.block([x - w / 2, x + w / 2, 0, random.between(0.3, 1.5), z - d / 2, z + d / 2], colour);
  } else if (kind === 'panel') {
    const w = random.between(0.2, 0.6);
    brush.front(x - w, x + w, random.between(0, 0.6), random.between(1, 2.1), z, rgb(colour));
  } else if (kind === 'ball') {
    const r = random.between(0.1, 0.35) * unit;
    ctx.beginPath();
    ctx.arc(px, py - r, r, 0, 2 * Math.PI);
    ctx.fill();
  } else {
    // Upright hulls: a pole is thin, a bin low, a stand carries something wider on top.
    const tall = kind === 'bin' ? random.between(0.5, 1) : random.between(1, 2.3);
    const wide = kind === 'bin' ? random.between(0.2, 0.35) : random.between(0.03, 0.1);
    ctx.beginPath();
    ctx.roundRect(px - wide * unit, py - tall * unit, 2 * wide * unit, tall * unit, wide * unit * 0.6);
    ctx.fill();
    if (kind === 'stand') {
      ctx.fillStyle = rgb(anyColour(random, 15, 240));
      ctx.beginPath();
      ctx.ellipse(px, py - tall * 0.75 * unit, 0.24 * unit, random.between(0.15, 0.5) * unit, 0, 0, 2 * Math.PI);
      ctx.fill();
    }
  }
}

function paintLightPatches(brush: Brush, random: Random, { thingsFromZ }: Room): void {
  for (let i = random.whole(0, 4); i > 0; i--) {
    const [x, z] = [random.between(-7, 5), random.between(thingsFromZ, 13)];
    const [width, depth, slant] = [random.between(0.5, 4), random.between(0.8, 5), random.between(-2, 2)];
    const tone = random.chance(0.75) ? '255,240,210' : '10,10,20';
    brush.polygon(
      [
        { x, y: 0, z },
        { x: x + width, y: 0, z },
        { x: x + width + slant, y: 0, z: z + depth },
        { x: x + slant, y: 0, z: z + depth },
      ],
      `rgba(${tone},${random.between(0.1, 0.5).toFixed(2)})`,
    );
  }
}
