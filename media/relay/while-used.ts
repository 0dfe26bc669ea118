/** Something that is opened for its first user and given up after its last. */
export class WhileUsed<T> {
  readonly #open: () => Promise<T>;
  readonly #onUnused: (value: T | null) => void;
  #opening: Promise<T> | null = null;
  #value: T | null = null;
  #users = 0;

  /** `onUnused` is to close it; null: it could not be opened. */
  constructor(open: () => Promise<T>, onUnused: (value: T | null) => void) {
    this.#open = open;
    this.#onUnused = onUnused;
  }

  /** null unless it is open. */
  get value(): T | null {
    return this.#value;
  }

  /** Rejects as opening does. Release once. */
  async acquire(): Promise<{ value: T; release: () => void }> {
    this.#users += 1;
    const release = (): void => {
      this.#release();
    };
    try {
      this.#value = await (this.#opening ??= this.#open());
      return { value: this.#value, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    const value = this.#value;
    this.#opening = null;
    this.#value = null;
    this.#onUnused(value);
  }
}
