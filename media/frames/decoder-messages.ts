import type { AnalysisFrame, FrameShape } from './frame.ts';

/** To a decoder's thread. */
export type DecoderRequest =
  | {
      readonly kind: 'unit';
      /** Annex B; its buffer is moved. */
      readonly data: Uint8Array<ArrayBuffer>;
      readonly isKeyFrame: boolean;
      /** SPS and PPS of a key frame, one after the other; empty for other units. */
      readonly parameterSets: Uint8Array;
      readonly ticks90k: number;
      readonly receivedAtMs: number;
    }
  | { readonly kind: 'reshape'; readonly shape: FrameShape }
  /** The last frame was taken: the next may come. */
  | { readonly kind: 'frame-taken' }
  | { readonly kind: 'poster'; readonly id: number; readonly maxWidthPx: number }
  | { readonly kind: 'close' };

/** From a decoder's thread. */
export type DecoderReply =
  | { readonly kind: 'frame'; readonly frame: AnalysisFrame }
  | { readonly kind: 'poster'; readonly id: number; readonly jpeg: Uint8Array<ArrayBuffer> | null };

export interface DecoderThreadData {
  readonly shape: FrameShape;
  readonly maxFps: number;
  /** Counters the thread raises and anybody reads, see COUNTER. */
  readonly counters: Uint32Array<SharedArrayBuffer>;
}

/** Places in the shared counters. They wrap at 2^32. */
export const COUNTER = {
  /** Units the thread has taken off its port: what was pushed and is not among them waits there. */
  taken: 0,
  decoded: 1,
  dropped: 2,
  errors: 3,
} as const;
export const COUNTERS = Object.keys(COUNTER).length;
