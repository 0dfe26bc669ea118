/** A synthetic scene as an endless H.264 stream: rendered once into a cache, read from it for ever. */

export type SceneName = 'entrance' | 'hall';
export type LoopStream = 'main' | 'sub';

/** One coded picture of a loop. */
export interface LoopUnit {
  /** NAL units without start codes. A key frame is SPS, PPS, IDR; no access unit delimiters, no SEI. */
  readonly nalUnits: readonly Buffer[];
  readonly isKeyFrame: boolean;
}

/** One stream of a scene. Picture i shows the scene at `phaseMs + i * 1000 / fps`. */
export interface LoopReader {
  readonly stream: LoopStream;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  /** Between 0 and one frame interval: main and sub see the same scene at instants of their own, as real cameras do. */
  readonly phaseMs: number;
  readonly unitsPerLoop: number;
  /** Pictures from one key frame to the next; `unitsPerLoop` is a multiple of it, so the loop closes on a key frame. */
  readonly unitsPerGop: number;
  /**
   * Picture i (i >= 0, counted on through repeats of the loop: i and i + unitsPerLoop are the same). Waits while it is
   * still being rendered, which goes faster than playing. Rejects with AppError `aborted` after `close()`, `disk.full`
   * or `internal` when rendering failed. Units read together may share memory: copy before changing bytes.
   */
  unit(i: number): Promise<LoopUnit>;
}

/** A scene's two streams and the process that renders what the cache lacks. The opener closes it. */
export interface SceneLoop {
  readonly scene: SceneName;
  readonly seed: number;
  readonly durationMs: number;
  readonly main: LoopReader;
  readonly sub: LoopReader;
  /** Share of the loop that can be read at once, 0..1. */
  progress(): number;
  /** Ends the renderer; pending `unit` calls reject with `aborted`. Safe to call twice. */
  close(): Promise<void>;
}

export interface SceneLoopOptions {
  readonly scene: SceneName;
  /** A whole number >= 0. The same scene and seed show the same people at the same times, for ever. */
  readonly seed: number;
  /** Kept between runs: a folder per scene, seed and version of the renderer. Made when missing. */
  readonly cacheDir: string;
}

/** Resolves as soon as both streams can be described; pictures come when they are rendered. */
export type OpenSceneLoop = (options: SceneLoopOptions) => Promise<SceneLoop>;
