const BUCKET_MS = 1000;

/** The least of the values of the last `windowMs`, in buckets of a second: constant memory, whatever the rate. */
export class WindowedMinimum {
  readonly #keptBuckets: number;
  #buckets: { readonly index: number; minimum: number }[] = [];

  constructor(windowMs: number) {
    this.#keptBuckets = Math.ceil(windowMs / BUCKET_MS);
  }

  add(value: number, atMs: number): void {
    const index = Math.floor(atMs / BUCKET_MS);
    const newest = this.#buckets.at(-1);
    if (newest !== undefined && newest.index >= index) newest.minimum = Math.min(newest.minimum, value);
    else this.#buckets.push({ index, minimum: value });
    while ((this.#buckets[0]?.index ?? index) <= index - this.#keptBuckets) this.#buckets.shift();
  }

  /** Null when nothing was added within the window before `nowMs`. */
  minimum(nowMs: number): number | null {
    const oldest = Math.floor(nowMs / BUCKET_MS) - this.#keptBuckets;
    let minimum: number | null = null;
    for (const bucket of this.#buckets) {
      if (bucket.index > oldest && (minimum === null || bucket.minimum < minimum)) minimum = bucket.minimum;
    }
    return minimum;
  }

  clear(): void {
    this.#buckets = [];
  }
}
