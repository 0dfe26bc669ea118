import type { ErrorCode, ErrorContext } from '#protocol/errors.ts';
import type { AnalysisFrame } from '#media/frames/frame.ts';
import type { Inference, ModelCard } from './detector.port.ts';

/** To an inference thread, one at a time: the next is sent after the answer. `leave` may come any time and has none. */
export type ThreadRequest =
  /** After the request it is working on, which then stays without an answer. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'load'; readonly path: string }
  /** `name` is the card's: a file that changed under it is not used in its place. The pixels are moved, or shared. */
  | { readonly kind: 'detect'; readonly path: string; readonly name: string; readonly frame: AnalysisFrame };

export type ThreadAnswer =
  | { readonly kind: 'loaded'; readonly card: ModelCard; readonly warmUpMs: number }
  | { readonly kind: 'detected'; readonly inference: Inference }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly context: ErrorContext };

/** From an inference thread: once `ready`, then for each request an answer, with `loading` before it when that takes a load. */
export type ThreadMessage = { readonly kind: 'ready' } | { readonly kind: 'loading' } | ThreadAnswer;
