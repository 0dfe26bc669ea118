import type { Attachment } from 'svelte/attachments';
import { BoxHistory, type ShownBoxes } from '../live/box-history.ts';
import type { ShownFrame } from '../live/frame-clock.ts';
import { SkewGauge } from '../live/skew.ts';
import { paintBoxes, type PaintStyle } from './paint.ts';

/** No frame for this long: the picture stands still and boxes on it would lie. */
const FROZEN_MS = 1_000;
/** Strokes are thinner on pictures narrower than this, and ids would cover the people below the other. */
const FULL_STROKE_WIDTH_PX = 800;
const IDS_FROM_WIDTH_PX = 420;

/** The canvas over one video: paints, for each frame that is shown, the boxes that belong to it. */
export class BoxesLayer {
  readonly history = new BoxHistory();
  readonly skew = new SkewGauge();
  shown: ShownBoxes | null = null;
  #canvas: HTMLCanvasElement | null = null;
  #context: CanvasRenderingContext2D | null = null;
  #style: PaintStyle | null = null;
  #scale = 1;
  #frozen: ReturnType<typeof setTimeout> | undefined;

  /** Keeps the backing store at the canvas's size in device pixels; sizes come from the observer, never from a frame. */
  readonly attach: (withIds: boolean) => Attachment<HTMLCanvasElement> = (withIds) => (canvas) => {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      const density = Math.min(2, window.devicePixelRatio);
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
      this.#scale = density * Math.min(1, Math.max(0.65, width / FULL_STROKE_WIDTH_PX));
      this.#style = readStyle(canvas, withIds && width >= IDS_FROM_WIDTH_PX);
      this.#paint();
    });
    observer.observe(canvas);
    return () => {
      observer.disconnect();
      clearTimeout(this.#frozen);
      this.#canvas = null;
      this.#context = null;
    };
  };

  onFrame(frame: ShownFrame): void {
    this.shown = this.history.at(frame.rtpTimestamp);
    this.skew.add(this.shown?.skewMs ?? null, frame.estimated);
    this.#paint();
    clearTimeout(this.#frozen);
    this.#frozen = setTimeout(() => {
      this.clear();
    }, FROZEN_MS);
  }

  clear(): void {
    this.shown = null;
    this.#paint();
  }

  #paint(): void {
    if (this.#canvas === null || this.#context === null || this.#style === null) return;
    paintBoxes(this.#canvas, this.#context, this.shown?.boxes ?? [], this.#style, this.#scale);
  }
}

/** The overlay's colours lie on pictures, not on the page, so they are the same in light and dark: read once. */
function readStyle(canvas: HTMLCanvasElement, withIds: boolean): PaintStyle {
  const tokens = getComputedStyle(canvas);
  const token = (name: string): string => tokens.getPropertyValue(name).trim();
  return {
    box: token('--overlay-box'),
    shade: token('--overlay-shade'),
    label: token('--overlay-box'),
    labelInk: token('--overlay-ink'),
    withIds,
  };
}
