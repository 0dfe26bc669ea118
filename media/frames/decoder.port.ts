import type { AppError } from '#protocol/errors.ts';
import type { AccessUnit } from '../packet.ts';
import type { AnalysisFrame, FrameShape } from './frame.ts';
import type { PictureTraits } from './traits/picture-traits.ts';

/** What a unit is decoded for. */
export type UnitUse =
  /** As it comes. The newest wins: a frame that waits is replaced by the next, and counted. */
  | 'live'
  /** It was held back: as before, but its frame is handed on whatever the gate says, and is not replaced. */
  | 'late'
  /** The units after it need it; no frame is made of it. */
  | 'chain'
  /** To see whether a scene is as still as it was: answered by `onLook`. */
  | 'look';

/**
 * What the camera's people do: nobody is in sight; somebody is, but no line and no zone is concerned; or one is, so that no
 * frame may be missed.
 */
export type Sight = 'nobody' | 'somebody' | 'near';

export interface Attention {
  readonly sight: Sight;
  /** Frames above this rate are decoded but not handed on. */
  readonly maxFps: number;
}

/** A picture that was due for analysis but in which nothing moved. */
export interface StillPicture {
  readonly ticks90k: number;
  readonly receivedAtMs: number;
  /** Since the last motion. */
  readonly stillForMs: number;
}

/** The answer to a look. `frame` is null where something moved, or where there was no picture to look at. */
export interface Look {
  readonly ticks90k: number;
  readonly frame: AnalysisFrame | null;
}

export interface DecoderOptions {
  readonly camera: string;
  readonly shape: FrameShape;
  /** The rate to begin with; see Attention. */
  readonly maxFps: number;
  /** The next frame comes when what this returns has settled, and may come in the same memory. */
  readonly onFrame: (frame: AnalysisFrame) => void | Promise<void>;
  /** With it, motion decides: a picture in which nothing moved is told here, save for one a second. Without, all are frames. */
  readonly onStill?: (picture: StillPicture) => void;
  /** Once per unit pushed to be looked at. A look's pixels are good until the next look is asked for. */
  readonly onLook?: (look: Look) => void;
  /** What the stream's pictures look like: about one a second, or each where fewer are decoded. */
  readonly onTraits?: (traits: PictureTraits) => void;
  /** The decoder's thread died or cannot go on. Called once; the decoder is closed then. */
  readonly onFailed: (error: AppError) => void;
}

export interface DecoderStats {
  readonly decoded: number;
  readonly handedOn: number;
  /** Pictures in which nothing moved. */
  readonly still: number;
  /** Units that were not decoded. */
  readonly dropped: number;
  /** Frames that were replaced by newer ones before anybody took them. */
  readonly overtaken: number;
  readonly errors: number;
}

/** Decodes one stream in a worker thread. The opener closes it. */
export interface Decoder {
  /**
   * Resolves when it decodes what it is given at once: the first camera's thread has a library to load, and what comes
   * meanwhile would be late. Also once it is closed or failed; never rejects.
   */
  readonly ready: Promise<void>;
  /** Copies what it needs; never blocks. Until a key frame came, others are ignored. `live` unless said otherwise. */
  push(unit: AccessUnit, use?: UnitUse): void;
  /** Takes effect with the next picture. Until it is called: `somebody`, and the rate to begin with. */
  attend(attention: Attention): void;
  /** A new detector wants other frames; takes effect with the next decoded frame. */
  reshape(shape: FrameShape): void;
  /** JPEG of the newest decoded frame, at most `maxWidthPx` wide; null before the first. */
  poster(maxWidthPx: number): Promise<Uint8Array | null>;
  stats(): DecoderStats;
  close(): void;
}

export type OpenDecoder = (options: DecoderOptions) => Decoder;
