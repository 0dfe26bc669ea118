import { AppError } from '#protocol/errors.ts';
import { allot, GUARANTEED_FPS, SOUND_FPS, type Wish } from './allot.ts';

/** How often shares are drawn up anew, at most; also the time over which a camera's use is measured. */
const RENEWED_EVERY_MS = 1_000;
/** Detectors that are short for a moment, as while cameras start or another program is busy, refuse nobody yet. */
const REFUSES_AFTER_MS = 30_000;
/** Of a camera's use in the mean that is kept: some three seconds. */
const USE_FOLLOWS = 0.3;
/** A camera that uses this much of what it may have would use more. */
const HUNGRY = 0.8;

export interface CameraShare {
  readonly fpsAllowed: number;
  /** A crossing seen now is seen with too few frames. */
  readonly isDegraded: boolean;
}

export interface SharesDeps {
  readonly monotonicMs: () => number;
  /** Frames a second that the detectors manage just now; null: not known yet. */
  readonly capacityFps: () => number | null;
}

interface Member {
  fps: number;
  isNear: boolean;
  /** Frames given to a detector since shares were last drawn up. */
  frames: number;
  usedFps: number;
  allowedFps: number;
}

/**
 * Which part of the detectors' time each camera may have. A camera says at each of its frames what it wants and hears what
 * it may; nobody waits for anything here.
 */
export class InferenceShares {
  readonly #deps: SharesDeps;
  readonly #members = new Map<string, Member>();
  #renewedAtMs: number;
  /** Since when those near a line have had too few frames; null: they have enough. */
  #shortSinceMs: number | null = null;

  constructor(deps: SharesDeps) {
    this.#deps = deps;
    this.#renewedAtMs = deps.monotonicMs();
  }

  /** Those near a line have had too few frames for a while: whoever comes new would make it worse. */
  get isFull(): boolean {
    return this.#shortSinceMs !== null && this.#renewedAtMs - this.#shortSinceMs >= REFUSES_AFTER_MS;
  }

  /** A camera begins, or begins again. Throws inference.overloaded for one that was not here while it had to be shared out below what counts need. */
  admit(camera: string, fps: number): void {
    this.#renew();
    if (this.#members.has(camera)) return;
    if (this.isFull) {
      throw new AppError(
        'inference.overloaded',
        `this worker's detectors cannot take another camera: those with people near a line get fewer than ${String(SOUND_FPS)} frames a second already; add inference threads or a worker, or lower other cameras' rates`,
        { context: { camera, cameras: this.#members.size } },
      );
    }
    this.#members.set(camera, { fps, isNear: false, frames: 0, usedFps: fps, allowedFps: fps });
  }

  /** The camera is no longer this worker's. */
  leave(camera: string): void {
    this.#members.delete(camera);
  }

  /** A frame of it went to a detector. */
  used(camera: string): void {
    const member = this.#members.get(camera);
    if (member !== undefined) member.frames += 1;
  }

  /** What it wants from now on. Somebody who comes near a line has what is guaranteed at once. */
  want(camera: string, fps: number, isNear: boolean): CameraShare {
    const member = this.#members.get(camera);
    if (member === undefined) return { fpsAllowed: fps, isDegraded: false };
    if (isNear && !member.isNear) member.allowedFps = Math.max(member.allowedFps, Math.min(fps, GUARANTEED_FPS));
    if (fps !== member.fps) member.allowedFps = fps;
    member.fps = fps;
    member.isNear = isNear;
    this.#renew();
    return { fpsAllowed: member.allowedFps, isDegraded: member.allowedFps < Math.min(SOUND_FPS, fps) };
  }

  #renew(): void {
    const nowMs = this.#deps.monotonicMs();
    const forMs = nowMs - this.#renewedAtMs;
    if (forMs < RENEWED_EVERY_MS) return;
    this.#renewedAtMs = nowMs;
    const wishes = [...this.#members].map(([camera, member]): Wish => {
      const usedFps = (member.frames * 1000) / forMs;
      member.frames = 0;
      member.usedFps += (usedFps - member.usedFps) * USE_FOLLOWS;
      const isHungry = member.isNear || member.usedFps >= HUNGRY * member.allowedFps;
      const { fps, isNear } = member;
      return { camera, fps, isNear, appetiteFps: isHungry ? fps : member.usedFps };
    });
    const capacityFps = this.#deps.capacityFps();
    const { fps, isShort } = allot(wishes, capacityFps ?? Infinity);
    this.#shortSinceMs = isShort ? (this.#shortSinceMs ?? nowMs) : null;
    for (const [camera, member] of this.#members) member.allowedFps = inSteps(fps.get(camera) ?? member.allowedFps);
  }
}

/** So that a level that trembles does not have every decoder told of it every second. */
function inSteps(fps: number): number {
  return Math.max(Math.min(1, fps), Math.floor(fps * 4 + 1e-6) / 4);
}
