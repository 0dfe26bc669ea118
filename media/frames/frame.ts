/** A decoded frame made ready for a detector, and how it maps back to the picture. */
export interface AnalysisFrame {
  /** RGB, 8 bits, interleaved, `heightPx * widthPx * 3` bytes; the letterbox is filled with 114. */
  readonly rgb: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly letterbox: Letterbox;
  readonly ticks90k: number;
  /** `performance.now()` of the main thread when the access unit's last packet arrived. */
  readonly receivedAtMs: number;
}

/** x_model = x_picture_frac * scaledWidthPx + offsetXPx, likewise y. */
export interface Letterbox {
  readonly scaledWidthPx: number;
  readonly scaledHeightPx: number;
  readonly offsetXPx: number;
  readonly offsetYPx: number;
}

/** What a detector wants to be fed. */
export interface FrameShape {
  readonly widthPx: number;
  readonly heightPx: number;
  /** `letterbox` keeps the aspect (top left anchored), `stretch` fills. */
  readonly fit: 'letterbox' | 'stretch';
}
