/**
 * The page's debug door, `window.__footfall`, there in every build: what the page itself believes about its videos, for
 * tests and for support. Read only; nothing in the product uses it.
 */
export interface VideoDebug {
  /**
   * What is drawn on the frame now shown; null while nothing is. Corners in image fractions, ticks on the camera's
   * timeline, skew to the nearest analysed frame.
   */
  lastBoxes(): {
    ticks90k: number;
    skewMs: number;
    tracks: { id: number; box: readonly [number, number, number, number] }[];
  } | null;
  /** Frames decoded since the page opened. */
  frames(): number;
  /** Distance from shown to analysed frame over the last frames, ms; null before the first. */
  skew(): { medianMs: number; p95Ms: number; estimated: boolean } | null;
}

export interface DebugDoor {
  lastBoxes(camera: string): ReturnType<VideoDebug['lastBoxes']>;
  frames(camera: string): number;
  skew(camera: string): ReturnType<VideoDebug['skew']>;
}

declare global {
  interface Window {
    __footfall?: DebugDoor;
  }
}

const videos = new Map<string, VideoDebug>();

/** Returns the way to take it out again. */
export function exposeVideo(camera: string, video: VideoDebug): () => void {
  videos.set(camera, video);
  window.__footfall ??= {
    lastBoxes: (id) => videos.get(id)?.lastBoxes() ?? null,
    frames: (id) => videos.get(id)?.frames() ?? 0,
    skew: (id) => videos.get(id)?.skew() ?? null,
  };
  return () => {
    if (videos.get(camera) === video) videos.delete(camera);
  };
}
