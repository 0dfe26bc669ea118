/** A bounded queue between a fast producer and a slower consumer: when full, the oldest value goes and is counted. */
export class NewestWinsQueue<T> {
  readonly #capacity: number;
  #values: T[] = [];
  #dropped = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError('A queue holds at least one value.');
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#values.length;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Returns the value that had to go, so that its owner can free it. */
  push(value: T): T | undefined {
    this.#values.push(value);
    if (this.#values.length <= this.#capacity) return undefined;
    this.#dropped += 1;
    return this.#values.shift();
  }

  shift(): T | undefined {
    return this.#values.shift();
  }

  /** Everything, oldest first; the queue is empty afterwards. */
  drain(): T[] {
    const values = this.#values;
    this.#values = [];
    return values;
  }
}
