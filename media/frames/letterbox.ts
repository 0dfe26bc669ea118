import type { Box } from '#protocol/geometry.ts';
import type { FrameShape, Letterbox } from './frame.ts';

/** The grey that models are trained to see around a letterboxed picture (YOLOX and its successors). */
export const LETTERBOX_GREY = 114;

/** Where a picture of this size goes in the model's input. Pixels are taken to be square. */
export function letterboxFor(shape: FrameShape, pictureWidthPx: number, pictureHeightPx: number): Letterbox {
  if (shape.fit === 'stretch') {
    return { scaledWidthPx: shape.widthPx, scaledHeightPx: shape.heightPx, offsetXPx: 0, offsetYPx: 0 };
  }
  const scale = Math.min(shape.widthPx / pictureWidthPx, shape.heightPx / pictureHeightPx);
  return {
    scaledWidthPx: Math.max(1, Math.min(shape.widthPx, Math.round(pictureWidthPx * scale))),
    scaledHeightPx: Math.max(1, Math.min(shape.heightPx, Math.round(pictureHeightPx * scale))),
    offsetXPx: 0,
    offsetYPx: 0,
  };
}

/**
 * Model pixels to fractions of the picture. What a model draws beyond the picture (into the letterbox, or over the edge
 * for somebody half out of sight) is a guess and is cut off at the edge; a box that lies wholly outside comes back empty.
 */
export function boxToPicture(letterbox: Letterbox, x1Px: number, y1Px: number, x2Px: number, y2Px: number): Box {
  return {
    x1: clamp01((x1Px - letterbox.offsetXPx) / letterbox.scaledWidthPx),
    y1: clamp01((y1Px - letterbox.offsetYPx) / letterbox.scaledHeightPx),
    x2: clamp01((x2Px - letterbox.offsetXPx) / letterbox.scaledWidthPx),
    y2: clamp01((y2Px - letterbox.offsetYPx) / letterbox.scaledHeightPx),
  };
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}
