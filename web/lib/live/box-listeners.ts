import type { BoxesMessage } from '#protocol/live.ts';

export type BoxListener = (boxes: BoxesMessage) => void;

/** Who on this page wants which camera's boxes. `onChange` is called when the set of cameras changed. */
export class BoxListeners {
  readonly #byCamera = new Map<string, Set<BoxListener>>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get cameras(): string[] {
    return [...this.#byCamera.keys()];
  }

  /** Returns the listener's end. */
  add(camera: string, listener: BoxListener): () => void {
    const listeners = this.#byCamera.get(camera) ?? new Set();
    listeners.add(listener);
    this.#byCamera.set(camera, listeners);
    if (listeners.size === 1) this.#onChange();
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#byCamera.delete(camera);
      this.#onChange();
    };
  }

  tell(boxes: BoxesMessage): void {
    for (const listener of this.#byCamera.get(boxes.camera) ?? []) listener(boxes);
  }
}
