import { type Brush, type Fill, mix, rgb, shade } from './brush.ts';
import type { Furniture } from './furniture.ts';
import { createRandom } from './random.ts';
import type { Colour } from './walkers.ts';

const WOOD: Colour = [176, 132, 88];
const STONE: Colour = [214, 208, 198];
const POT: Colour = [92, 88, 84];

/** Draws one piece; walls belong to the backdrops. The outline stays within the piece's occluder, leaves aside. */
export function paintFurniture(brush: Brush, item: Furniture): void {
  if (item.kind === 'column') paintColumn(brush, item);
  else if (item.kind === 'plant') paintPlant(brush, item);
  else if (item.kind === 'bench') paintBench(brush, item);
  else if (item.kind === 'sign') paintSign(brush, item);
  else if (item.kind === 'block') paintDesk(brush, item);
}

/** The dark floor under and beside it. */
export function paintFurnitureShadow(brush: Brush, item: Furniture): void {
  if (item.kind === 'wall') return;
  const [wide, deep] =
    item.kind === 'column'
      ? [item.radiusM * 2.4, item.radiusM * 2.4]
      : item.kind === 'block' || item.kind === 'bench'
        ? [item.widthM * 0.72, item.depthM * 0.85]
        : [item.widthM * 0.75, item.widthM * 0.6];
  brush.glow(item.x, item.z - deep * 0.15, wide, deep, [20, 16, 14], 0.42);
}

function paintColumn(brush: Brush, { x, z, radiusM, heightM }: Extract<Furniture, { kind: 'column' }>): void {
  const { ctx } = brush;
  const [left] = brush.px({ x: x - radiusM, y: 0, z });
  const [right] = brush.px({ x: x + radiusM, y: 0, z });
  const stone = ctx.createLinearGradient(left, 0, right, 0);
  stone.addColorStop(0, rgb(shade(STONE, 0.72)));
  stone.addColorStop(0.3, rgb(shade(STONE, 1.08)));
  stone.addColorStop(0.55, rgb(STONE));
  stone.addColorStop(1, rgb(shade(STONE, 0.58)));
  const base = brush.view.project({ x, y: 0, z });
  const bulge = radiusM * base.scale * brush.heightPx;
  const squash = Math.sin((brush.view.pose.pitchDeg * Math.PI) / 180 + 0.15);
  const tube = (r: number, from: number, to: number, fill: Fill): void => {
    const [ax, ay] = brush.px({ x: x - r, y: from, z });
    const [bx] = brush.px({ x: x + r, y: from, z });
    const [cx, cy] = brush.px({ x: x + r, y: to, z });
    const [dx] = brush.px({ x: x - r, y: to, z });
    ctx.fillStyle = fill;
    ctx.beginPath();
    ctx.moveTo(dx, cy);
    ctx.lineTo(ax, ay);
    ctx.ellipse((ax + bx) / 2, ay, (bx - ax) / 2, bulge * squash * (r / radiusM), 0, Math.PI, 0, true);
    ctx.lineTo(cx, cy);
    ctx.fill();
  };
  tube(radiusM, 0.16, heightM, stone);
  tube(radiusM * 1.12, 0, 0.16, rgb(shade(STONE, 0.62)));
}

function paintPlant(brush: Brush, plant: Extract<Furniture, { kind: 'plant' }>): void {
  const { ctx } = brush;
  const { x, z, widthM, heightM } = plant;
  const base = brush.view.project({ x, y: 0, z });
  const unit = base.scale * brush.heightPx;
  const [px, py] = [base.x * brush.heightPx, base.y * brush.heightPx];
  const [potW, potH] = [widthM * 0.3 * unit, heightM * 0.3 * unit];
  const pot = ctx.createLinearGradient(px - potW, 0, px + potW, 0);
  pot.addColorStop(0, rgb(shade(POT, 0.8)));
  pot.addColorStop(0.35, rgb(shade(POT, 1.3)));
  pot.addColorStop(1, rgb(shade(POT, 0.55)));
  ctx.fillStyle = pot;
  ctx.beginPath();
  ctx.moveTo(px - potW, py - potH);
  ctx.lineTo(px + potW, py - potH);
  ctx.lineTo(px + potW * 0.78, py);
  ctx.lineTo(px - potW * 0.78, py);
  ctx.fill();
  ctx.fillStyle = rgb([52, 42, 34]);
  ctx.beginPath();
  ctx.ellipse(px, py - potH, potW, potW * 0.28, 0, 0, 2 * Math.PI);
  ctx.fill();
  const random = createRandom(`plant ${x} ${z}`);
  const [fromX, fromY] = [px, py - potH];
  for (let i = 0; i < 90; i++) {
    const depth = i / 90;
    const angle = random.between(0, 2 * Math.PI);
    const reach = Math.sqrt(random.unit());
    const tipX = fromX + Math.cos(angle) * reach * widthM * 0.48 * unit;
    const tipY = py - heightM * unit * (0.62 + Math.sin(angle) * reach * 0.36);
    const green = mix([34, 70, 42], [122, 160, 84], depth * random.between(0.55, 1));
    ctx.strokeStyle = rgb(shade(green, 0.75));
    ctx.lineWidth = Math.max(0.6, 0.014 * unit);
    ctx.beginPath();
    ctx.moveTo(fromX, fromY);
    ctx.quadraticCurveTo(fromX + (tipX - fromX) * 0.2, tipY * 0.6 + fromY * 0.4, tipX, tipY);
    ctx.stroke();
    ctx.fillStyle = rgb(green);
    ctx.beginPath();
    ctx.ellipse(tipX, tipY, 0.13 * unit, 0.055 * unit, angle + random.between(-0.6, 0.6), 0, 2 * Math.PI);
    ctx.fill();
  }
}

function paintBench(brush: Brush, bench: Extract<Furniture, { kind: 'block' | 'bench' }>): void {
  const { x, z, widthM, depthM, heightM } = bench;
  const [x1, x2, z1, z2] = [x - widthM / 2, x + widthM / 2, z - depthM / 2, z + depthM / 2];
  const isAlong = widthM >= depthM;
  for (const end of [0.14, 0.86]) {
    const at = isAlong ? x1 + widthM * end : x1 + widthM * 0.5;
    const atZ = isAlong ? z : z1 + depthM * end;
    const [halfX, halfZ] = isAlong ? [0.05, depthM * 0.4] : [widthM * 0.4, 0.05];
    brush.block([at - halfX, at + halfX, 0, heightM * 0.8, atZ - halfZ, atZ + halfZ], [74, 74, 78]);
  }
  brush.block([x1, x2, heightM * 0.8, heightM, z1, z2], WOOD);
  const slats = 5;
  for (let i = 1; i < slats; i++) {
    const share = i / slats;
    if (isAlong)
      brush.floor(x1, x2, z1 + depthM * share - 0.012, z1 + depthM * share + 0.012, rgb(shade(WOOD, 0.6)), heightM);
    else brush.floor(x1 + widthM * share - 0.012, x1 + widthM * share + 0.012, z1, z2, rgb(shade(WOOD, 0.6)), heightM);
  }
}

function paintDesk(brush: Brush, desk: Extract<Furniture, { kind: 'block' | 'bench' }>): void {
  const { x, z, widthM, depthM, heightM } = desk;
  const [x1, x2, z1, z2] = [x - widthM / 2, x + widthM / 2, z - depthM / 2, z + depthM / 2];
  brush.block([x1, x2, 0, heightM - 0.06, z1, z2], shade(WOOD, 0.95));
  const slats = Math.round(depthM / 0.16);
  for (let i = 1; i < slats; i++) {
    const at = z1 + (depthM * i) / slats;
    brush.side(x1, 0.05, heightM - 0.06, at - 0.012, at + 0.012, rgb(shade(WOOD, 0.5)));
  }
  brush.block([x1 - 0.06, x2 + 0.06, heightM - 0.06, heightM, z1 - 0.06, z2 + 0.06], [226, 222, 214]);
}

function paintSign(brush: Brush, { x, z, widthM, heightM }: Extract<Furniture, { kind: 'sign' }>): void {
  brush.front(x - 0.025, x + 0.025, 0, 0.8, z, rgb([70, 70, 74]));
  brush.front(x - widthM * 0.36, x + widthM * 0.36, 0, 0.04, z, rgb([58, 58, 62]));
  brush.front(x - widthM / 2, x + widthM / 2, 0.75, heightM, z, rgb([44, 74, 92]));
  const lines: readonly (readonly [number, number])[] = [
    [0.2, 0.9],
    [0.42, 0.62],
    [0.54, 0.78],
    [0.66, 0.5],
  ];
  lines.forEach(([down, long], i) => {
    const top = heightM - 0.9 * down;
    const from = x - widthM * 0.38;
    brush.front(from, from + widthM * 0.76 * long, top - (i === 0 ? 0.1 : 0.05), top, z, rgb([232, 236, 238], 0.9));
  });
}
