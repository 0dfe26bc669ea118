import { AppError, toAppError } from '#protocol/errors.ts';
import type { AnalysisFrame, FrameShape } from '#media/frames/frame.ts';
import type { DetectorPool } from '../inference/detector.port.ts';

interface Usable {
  /** As the camera's settings name it. */
  readonly model: string | null;
  readonly shape: FrameShape;
}

/**
 * Which model a camera's frames go to: the one it is set to, or the last that worked while that one is refused. A change
 * touches no stream: frames of the old shape, which are still under way, go to the old model.
 */
export class ModelInUse {
  readonly #pool: Pick<DetectorPool, 'load'>;
  readonly #onRefused: (error: AppError | null) => void;
  #current: Usable | null = null;
  #next: Usable | null = null;
  /** Counts requests: an answer to one that is no longer the newest is left out. */
  #request = 0;

  /** `onRefused` is told why the wanted model is not in use, and null when it is. */
  constructor(pool: Pick<DetectorPool, 'load'>, onRefused: (error: AppError | null) => void) {
    this.#pool = pool;
    this.#onRefused = onRefused;
  }

  /** For a new run, whose frames shall have the shape it resolves with. Rejects when no model works. */
  async start(wanted: string | null): Promise<FrameShape> {
    this.#request += 1;
    const last = this.#next ?? this.#current;
    let refusal: AppError | null = null;
    const usable = await this.#load(wanted).catch((error: unknown) => {
      refusal = toAppError(error);
      // What may pass by itself is tried again with the next run.
      if (last === null || refusal.retryable) throw refusal;
      return this.#load(last.model);
    });
    this.#current = usable;
    this.#next = null;
    this.#onRefused(refusal);
    return usable.shape;
  }

  /** In the middle of a run. Resolves with the shape that frames shall have from now on; null: they stay as they are. */
  async change(wanted: string | null): Promise<FrameShape | null> {
    this.#request += 1;
    const request = this.#request;
    try {
      const next = await this.#load(wanted);
      if (request !== this.#request) return null;
      this.#next = next;
      this.#onRefused(null);
      return next.shape;
    } catch (error) {
      if (request === this.#request) this.#onRefused(toAppError(error));
      return null;
    }
  }

  /** The model that this frame was made for. */
  of({ widthPx, heightPx }: Pick<AnalysisFrame, 'widthPx' | 'heightPx'>): string | null {
    const next = this.#next;
    if (next?.shape.widthPx === widthPx && next.shape.heightPx === heightPx) {
      this.#current = next;
      this.#next = null;
    }
    if (this.#current === null) throw new AppError('internal', 'a frame came before any model was loaded');
    return this.#current.model;
  }

  async #load(model: string | null): Promise<Usable> {
    const { shape } = await this.#pool.load(model);
    return { model, shape };
  }
}
