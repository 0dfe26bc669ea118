import type { Attention, Look, StillPicture, UnitUse } from './decoder.port.ts';
import type { CodecName } from '../packet.ts';
import type { AnalysisFrame, FrameShape } from './frame.ts';
import type { PictureTraits } from './traits/picture-traits.ts';

/** A camera's number among those whose pictures one thread decodes. */
export type Channel = number;

/** An access unit on its way to a thread. */
export interface ThreadUnit {
  readonly codec: CodecName;
  /** Annex B; its buffer is moved. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly isKeyFrame: boolean;
  /** Those of a key frame, one after the other; empty for other units. */
  readonly parameterSets: Uint8Array;
  readonly ticks90k: number;
  readonly receivedAtMs: number;
  readonly use: UnitUse;
}

export interface ChannelOptions {
  readonly shape: FrameShape;
  readonly maxFps: number;
  /** Pictures in which nothing moved are not worth a frame. */
  readonly hasGate: boolean;
  /** Somebody wants to know what pictures look like. */
  readonly hasTraits: boolean;
  /** Counters the thread raises and anybody reads, see COUNTER. */
  readonly counters: Uint32Array<SharedArrayBuffer>;
}

/** To a decoding thread. */
export type ThreadRequest =
  | { readonly kind: 'open'; readonly channel: Channel; readonly options: ChannelOptions }
  | { readonly kind: 'unit'; readonly channel: Channel; readonly unit: ThreadUnit }
  | { readonly kind: 'reshape'; readonly channel: Channel; readonly shape: FrameShape }
  | { readonly kind: 'attend'; readonly channel: Channel; readonly attention: Attention }
  /** The last frame was taken: the next may come. */
  | { readonly kind: 'frame-taken'; readonly channel: Channel }
  | { readonly kind: 'poster'; readonly channel: Channel; readonly id: number; readonly maxWidthPx: number }
  | { readonly kind: 'close'; readonly channel: Channel }
  /** No camera is left: the thread ends. */
  | { readonly kind: 'leave' };

/** From a decoding thread. */
export type ThreadReply =
  | { readonly kind: 'opened'; readonly channel: Channel }
  | { readonly kind: 'frame'; readonly channel: Channel; readonly frame: AnalysisFrame }
  | { readonly kind: 'still'; readonly channel: Channel; readonly picture: StillPicture }
  | { readonly kind: 'look'; readonly channel: Channel; readonly look: Look }
  | { readonly kind: 'traits'; readonly channel: Channel; readonly traits: PictureTraits }
  | {
      readonly kind: 'poster';
      readonly channel: Channel;
      readonly id: number;
      readonly jpeg: Uint8Array<ArrayBuffer> | null;
    }
  /** The decoder itself could not be made or gave up; the channel is closed. */
  | { readonly kind: 'failed'; readonly channel: Channel; readonly message: string };

export interface DecodeThreadData {
  /** One number: requests taken off the port so far, modulo 2^32. */
  readonly taken: Uint32Array<SharedArrayBuffer>;
}

/** Places in a channel's counters. They wrap at 2^32. */
export const COUNTER = {
  /** Units taken off the port: what was pushed and is not among them waits there. */
  taken: 0,
  decoded: 1,
  dropped: 2,
  errors: 3,
  still: 4,
  overtaken: 5,
} as const;
export const COUNTERS = Object.keys(COUNTER).length;

export function sharedNumbers(count: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer(count * Uint32Array.BYTES_PER_ELEMENT));
}
