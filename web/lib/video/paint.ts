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

/** Draws one frame's boxes over the whole canvas. `scale`: device pixels a stroke of width 1 takes. */
export function paintBoxes(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
  boxes: readonly ShownBox[],
  style: PaintStyle,
  scale: number,
): void {
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.lineJoin = 'round';
  context.lineCap = 'round';
  for (const shown of boxes) paintTrail(context, shown, style, scale, width, height);
  for (const shown of boxes) paintBox(context, shown, style, scale, width, height);
  if (style.withIds) for (const shown of boxes) paintId(context, shown, style, scale, width, height);
}

function paintTrail(
  context: CanvasRenderingContext2D,
  { trail }: ShownBox,
  style: PaintStyle,
  scale: number,
  width: number,
  height: number,
): void {
  context.strokeStyle = style.box;
  for (let i = 1; i < trail.length; i++) {
    const from = trail[i - 1];
    const to = trail[i];
    if (from === undefined || to === undefined) continue;
    // Fades towards where the person came from.
    context.globalAlpha = (i / trail.length) ** 1.5;
    context.lineWidth = 2 * scale;
    context.beginPath();
    context.moveTo(from[0] * width, from[1] * height);
    context.lineTo(to[0] * width, to[1] * height);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function paintBox(
  context: CanvasRenderingContext2D,
  { box: [x1, y1, x2, y2] }: ShownBox,
  style: PaintStyle,
  scale: number,
  width: number,
  height: number,
): void {
  context.beginPath();
  context.roundRect(x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height, 4 * scale);
  // A dark rim under the line keeps it visible on light clothes and walls.
  context.strokeStyle = style.shade;
  context.lineWidth = 4 * scale;
  context.stroke();
  context.strokeStyle = style.box;
  context.lineWidth = 2 * scale;
  context.stroke();
}

function paintId(
  context: CanvasRenderingContext2D,
  { id, box: [x1, y1] }: ShownBox,
  style: PaintStyle,
  scale: number,
  width: number,
  height: number,
): void {
  const text = String(id);
  const tall = 16 * scale;
  context.font = `600 ${String(11 * scale)}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const wide = context.measureText(text).width + 10 * scale;
  const left = Math.max(0, x1 * width);
  const top = Math.max(0, y1 * height - tall - 2 * scale);
  context.fillStyle = style.label;
  context.beginPath();
  context.roundRect(left, top, wide, tall, 4 * scale);
  context.fill();
  context.fillStyle = style.labelInk;
  context.fillText(text, left + 5 * scale, top + tall / 2 + 0.5 * scale);
}
