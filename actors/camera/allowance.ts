/** So many a second on average, and so many at once after a quiet time. */
export class Allowance {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #atMs = -Infinity;

  constructor(perSecond: number, most: number) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#left = most;
  }

  /** True: one more is allowed, and taken. Times may come out of order; none gives anything back twice. */
  take(atMs: number): boolean {
    if (atMs > this.#atMs) {
      const earned = this.#atMs === -Infinity ? 0 : ((atMs - this.#atMs) / 1000) * this.#perSecond;
      this.#left = Math.min(this.#most, this.#left + earned);
      this.#atMs = atMs;
    }
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
