import { type Canvas, createCanvas } from '@napi-rs/canvas';
import { type Brush, createBrush } from './brush.ts';
import type { View } from './view.ts';

/** A canvas of the picture's size with something painted on it once. */
export function painted(view: View, widthPx: number, heightPx: number, paint: (brush: Brush) => void): Canvas {
  const canvas = createCanvas(widthPx, heightPx);
  paint(createBrush(canvas.getContext('2d'), view, widthPx, heightPx));
  return canvas;
}
