export type Sink<T> = (value: T) => void;

/** One source, several sinks, in the order they were added. Sinks may come and go at any time, also while a value is handed round. */
export class Tee<T> {
  readonly #onSinkFailed: (name: string, error: unknown) => void;
  readonly #outlets = new Set<{ readonly name: string; readonly sink: Sink<T> }>();

  /** `onSinkFailed`: a sink threw. It is removed by then, since what it did half is unknown; the others go on. */
  constructor(onSinkFailed: (name: string, error: unknown) => void) {
    this.#onSinkFailed = onSinkFailed;
  }

  get sinks(): number {
    return this.#outlets.size;
  }

  /** Returns what removes the sink again; calling that twice does nothing. A sink added while a value is handed round gets the next. */
  add(name: string, sink: Sink<T>): () => void {
    const outlet = { name, sink };
    this.#outlets.add(outlet);
    return () => {
      this.#outlets.delete(outlet);
    };
  }

  push(value: T): void {
    for (const outlet of [...this.#outlets]) {
      if (!this.#outlets.has(outlet)) continue;
      try {
        outlet.sink(value);
      } catch (error) {
        this.#outlets.delete(outlet);
        this.#onSinkFailed(outlet.name, error);
      }
    }
  }
}
