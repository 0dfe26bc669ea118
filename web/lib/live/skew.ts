const KEPT = 120;

/** Median over the last frames of how far the boxes drawn were from the frame they were drawn on, ms. */
export class SkewGauge {
  readonly #last: number[] = [];
  #estimated = false;

  add(skewMs: number, estimated: boolean): void {
    this.#estimated = estimated;
    this.#last.push(skewMs);
    if (this.#last.length > KEPT) this.#last.shift();
  }

  read(): { medianMs: number; estimated: boolean } | null {
    const median = this.#last.toSorted((a, b) => a - b)[Math.floor(this.#last.length / 2)];
    return median === undefined ? null : { medianMs: median, estimated: this.#estimated };
  }
}
