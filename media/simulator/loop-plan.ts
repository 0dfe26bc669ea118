import type { LoopStream, SceneName } from './loop.port.ts';
import { LOOP_MS } from './scene.ts';

/** How a stream of a scene is rendered and coded. */
export interface StreamPlan {
  readonly stream: LoopStream;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  /** Scene time of picture 0. */
  readonly phaseMs: number;
  readonly unitsPerGop: number;
  readonly gops: number;
  /** x264's constant rate factor. */
  readonly quality: number;
  readonly maxKbps: number;
}

export const GOP_MS = 2000;

/** Rates and phases differ from camera to camera and from stream to stream, as they do on walls of real cameras. */
export function planOf(scene: SceneName, stream: LoopStream): StreamPlan {
  const [fps, phaseMs] =
    stream === 'main'
      ? ([15, scene === 'entrance' ? 0 : 41] as const)
      : scene === 'entrance'
        ? ([12, 29] as const)
        : ([10, 67] as const);
  const size = stream === 'main' ? { widthPx: 1280, heightPx: 720 } : { widthPx: 640, heightPx: 360 };
  return {
    stream,
    ...size,
    fps,
    phaseMs,
    unitsPerGop: (fps * GOP_MS) / 1000,
    gops: LOOP_MS / GOP_MS,
    quality: 22,
    maxKbps: stream === 'main' ? 2500 : 700,
  };
}
