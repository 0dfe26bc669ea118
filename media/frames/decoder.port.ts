import type { AppError } from '#protocol/errors.ts';
import type { AccessUnit } from '../packet.ts';
import type { AnalysisFrame, FrameShape } from './frame.ts';

export interface DecoderOptions {
  readonly camera: string;
  readonly shape: FrameShape;
  /** Frames above this rate are decoded but not handed on. */
  readonly maxFps: number;
  /** Newest wins: a frame that waits is replaced by the next, and counted. */
  readonly onFrame: (frame: AnalysisFrame) => void;
  /** The decoder's thread died or cannot go on. Called once; the decoder is closed then. */
  readonly onFailed: (error: AppError) => void;
}

export interface DecoderStats {
  readonly decoded: number;
  readonly handedOn: number;
  readonly dropped: number;
  readonly errors: number;
}

/** Decodes one stream in a worker thread. The opener closes it. */
export interface Decoder {
  /** Copies what it needs; never blocks. Until a key frame came, others are ignored. */
  push(unit: AccessUnit): void;
  /** A new detector wants other frames; takes effect with the next decoded frame. */
  reshape(shape: FrameShape): void;
  /** JPEG of the newest decoded frame, at most `maxWidthPx` wide; null before the first. */
  poster(maxWidthPx: number): Promise<Uint8Array | null>;
  stats(): DecoderStats;
  close(): void;
}

export type OpenDecoder = (options: DecoderOptions) => Decoder;
