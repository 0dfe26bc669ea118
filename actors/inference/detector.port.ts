import type { Box } from '#protocol/geometry.ts';
import type { AnalysisFrame, FrameShape } from '#media/frames/frame.ts';
import type { FormatName } from './models/model.ts';

/** A person seen in one frame. `box` is in image fractions of the picture (not of the letterboxed input). */
export interface Detection {
  readonly box: Box;
  /** 0..1 */
  readonly score: number;
}

export interface ModelCard {
  /** What facts carry as `model`: name and the first 8 hex digits of the file's sha256, `footfall-person@1a2b3c4d`. */
  readonly name: string;
  readonly format: FormatName;
  readonly shape: FrameShape;
}

export interface Inference {
  readonly detections: readonly Detection[];
  readonly model: string;
  /** Inside the inference thread: tensor, run, decode, NMS. */
  readonly inferenceMs: number;
}

export interface PoolStats {
  readonly threads: number;
  /** What an inference takes just now, from when a thread has the frame; null before the first. */
  readonly costMs: number | null;
  /** Inferences a second that the threads manage at that, with a little left over; null before the first. */
  readonly capacityFps: number | null;
  readonly waiting: number;
  readonly replaced: number;
  readonly restarts: number;
}

/** Threads with one ONNX session a model each, shared fairly by cameras. */
export interface DetectorPool {
  /**
   * Loads (once) and warms the model up. `model` is as a camera names it (see resolveModel). Rejects with AppError
   * model.unreadable or model.unsupported, which names the tensor, what was expected and what was found; models that were
   * loaded before stay.
   */
  load(model: string | null): Promise<ModelCard>;
  /** Has the shipped model in every thread, so that no camera's first frames wait for it. Rejects as `load` does. */
  warmUp(): Promise<void>;
  /**
   * Takes the frame's pixels: they move to a thread and the caller's view is empty then, or, in shared memory, they must
   * stay as they are until it answers.
   * Newest frame wins: while a camera's frame waits for a thread, a newer one replaces it and the older resolves to null.
   * Rejects with inference.failed when the thread died or gave no answer in time; the pool has replaced it by then.
   */
  detect(camera: string, model: string | null, frame: AnalysisFrame): Promise<Inference | null>;
  stats(): PoolStats;
  /** Ends when the threads are gone. Await it before the process exits: an exit in the middle of a run aborts. */
  close(): Promise<void>;
}
