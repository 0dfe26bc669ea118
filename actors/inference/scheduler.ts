interface Waiting<T> {
  item: T;
  costMs: number;
  deficitMs: number;
}

/** Cameras whose unspent time is remembered after their turn. */
const MAX_REMEMBERED = 1000;

/**
 * Shares inference time between cameras: deficit round robin (Shreedhar and Varghese 1995) over cameras that each have at
 * most one item waiting. Under load every camera gets the same time, not the same number of frames, so one heavy model
 * does not starve the others. Newest wins: an offer replaces what the camera had waiting and keeps its turn.
 */
export class FairQueue<T> {
  /** In order of turn. Holds only cameras with something waiting, so it is bounded by their number. */
  private readonly waiting = new Map<string, Waiting<T>>();
  /** What a camera had left after its last turn, always less than that turn cost. */
  private readonly unspentMs = new Map<string, number>();

  get length(): number {
    return this.waiting.size;
  }

  /** Returns the item this one replaced, else null. `costMs` is the time the item is expected to take. */
  offer(camera: string, item: T, costMs: number): T | null {
    const before = this.waiting.get(camera);
    if (before === undefined) {
      this.waiting.set(camera, { item, costMs, deficitMs: this.unspentMs.get(camera) ?? 0 });
      return null;
    }
    const replaced = before.item;
    before.item = item;
    before.costMs = costMs;
    return replaced;
  }

  /** The item whose turn it is, taken out; null when nothing waits. */
  next(): T | null {
    if (this.waiting.size === 0) return null;
    const quantumMs = Math.max(1e-3, Math.min(...[...this.waiting.values()].map(({ costMs }) => costMs)));
    for (;;) {
      // Going round: a camera passed over goes to the end, so this loop meets it again with more to spend.
      for (const [camera, entry] of this.waiting) {
        this.waiting.delete(camera);
        entry.deficitMs += quantumMs;
        if (entry.deficitMs >= entry.costMs) {
          this.remember(camera, Math.min(entry.deficitMs - entry.costMs, entry.costMs));
          return entry.item;
        }
        this.waiting.set(camera, entry);
      }
    }
  }

  /** Takes everything out, in order of turn. */
  clear(): T[] {
    const items = [...this.waiting.values()].map(({ item }) => item);
    this.waiting.clear();
    return items;
  }

  private remember(camera: string, leftMs: number): void {
    this.unspentMs.delete(camera);
    this.unspentMs.set(camera, leftMs);
    const [oldest] = this.unspentMs.keys();
    if (this.unspentMs.size > MAX_REMEMBERED && oldest !== undefined) this.unspentMs.delete(oldest);
  }
}
