import { resolve } from 'node:path';
import type { DetectorPool } from '#actors/inference/detector.port.ts';
import { analyseFile } from './analyse-file.ts';
import type { FileAnalysis } from './analyse-file.ts';
import type { FrameChoice } from './frame-choice.ts';
import type { Geometry } from './geometry.ts';
import { openVideoFile } from './video-file.ts';

export interface ClipRequest {
  readonly video: string;
  readonly geometry: Geometry;
  /** As a camera names it; null is the shipped one. */
  readonly model: string | null;
  readonly frames: FrameChoice;
}

/**
 * Counts one video file on all of the pool's threads, so clips are best taken one after another. Rejects with input.invalid
 * (video), model.unreadable, model.unsupported.
 */
export async function replayClip(
  pool: DetectorPool,
  { video: path, geometry, model, frames }: ClipRequest,
  onProgress: (timeMs: number, durationMs: number | null) => void,
): Promise<FileAnalysis> {
  const video = await openVideoFile(path, frames.every);
  try {
    return await analyseFile(video, pool, { model, geometry, maxFps: frames.maxFps }, (timeMs) => {
      onProgress(timeMs, video.durationMs);
    });
  } finally {
    await video.close();
  }
}

/** On the command line a file may be named from the current folder; a bare name is a model's name, as on a camera. */
export function modelOf(argument: string | undefined): string | null {
  if (argument === undefined) return null;
  return /[/\\]|\.onnx$/.test(argument) ? resolve(argument) : argument;
}
