import type { ShownBox } from '../live/box-history.ts';

/** Colours of the overlay, as canvas takes them. */
export interface PaintStyle {
  readonly box: string;
  readonly shade: string;
  readonly label: string;
  readonly labelInk: string;
  /** Ids are left out on small pictures. */
  readonly withIds: boolean;
}

/** Where and how large: `scale` is the device pixels a stroke of width 1 takes. */
interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** A trail fades in so many steps: each is one stroke for everybody, and strokes are what drawing costs. */
const FADES = 4;

/** Draws one frame's boxes over the whole canvas, every kind of mark for all people at once. */
export function paintBoxes(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
  boxes: readonly ShownBox[],
  style: PaintStyle,
  scale: number,
): void {
  const { width, height } = canvas;
  const sheet = { context, width, height, scale };
  context.clearRect(0, 0, width, height);
  if (boxes.length === 0) return;
  context.lineJoin = 'round';
  context.lineCap = 'round';
  paintTrails(sheet, boxes, style);
  paintFrames(sheet, boxes, style);
  if (style.withIds) paintIds(sheet, boxes, style);
}

/** Fainter towards where the person came from. */
function paintTrails({ context, width, height, scale }: Sheet, boxes: readonly ShownBox[], style: PaintStyle): void {
  context.strokeStyle = style.box;
  context.lineWidth = 2 * scale;
  for (let fade = 0; fade < FADES; fade++) {
    context.globalAlpha = ((fade + 0.5) / FADES) ** 1.5;
    context.beginPath();
    for (const { trail } of boxes) {
      const from = Math.floor((fade * (trail.length - 1)) / FADES);
      const until = Math.floor(((fade + 1) * (trail.length - 1)) / FADES);
      for (let i = from; i <= until && from < until; i++) {
        const [x, y] = trail[i] ?? [0, 0];
        if (i === from) context.moveTo(x * width, y * height);
        else context.lineTo(x * width, y * height);
      }
    }
    context.stroke();
  }
  context.globalAlpha = 1;
}

function paintFrames({ context, width, height, scale }: Sheet, boxes: readonly ShownBox[], style: PaintStyle): void {
  context.beginPath();
  for (const { box } of boxes) {
    const [x1, y1, x2, y2] = box;
    context.roundRect(x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height, 4 * scale);
  }
  // A dark rim under the line keeps it visible on light clothes and walls.
  context.strokeStyle = style.shade;
  context.lineWidth = 4 * scale;
  context.stroke();
  context.strokeStyle = style.box;
  context.lineWidth = 2 * scale;
  context.stroke();
}

function paintIds({ context, width, height, scale }: Sheet, boxes: readonly ShownBox[], style: PaintStyle): void {
  const tall = 16 * scale;
  context.font = `600 ${String(11 * scale)}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const tags = boxes.map(({ id, box: [x1, y1] }) => {
    const text = String(id);
    return {
      text,
      left: Math.max(0, x1 * width),
      top: Math.max(0, y1 * height - tall - 2 * scale),
      wide: context.measureText(text).width + 10 * scale,
    };
  });
  // One after the other: where two tags lie on one another, the upper one stays readable.
  for (const { text, left, top, wide } of tags) {
    context.fillStyle = style.label;
    context.beginPath();
    context.roundRect(left, top, wide, tall, 4 * scale);
    context.fill();
    context.fillStyle = style.labelInk;
    context.fillText(text, left + 5 * scale, top + tall / 2 + 0.5 * scale);
  }
}
