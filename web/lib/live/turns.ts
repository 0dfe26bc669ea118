interface Waiting {
  /** Asked for when a turn is free: the least goes first, equals in the order they came. */
  readonly nearness: () => number;
  readonly start: () => void;
}

/**
 * Lets a few go at once and the others wait, the nearest first: a wall of cameras that opens asks the server for some of
 * them at a time, beginning where somebody looks. Turns are given out a moment after they are asked for, so that all who
 * ask together are compared; `later` is that moment.
 */
export class Turns {
  readonly #atOnce: number;
  readonly #later: (give: () => void) => void;
  readonly #waiting = new Set<Waiting>();
  #going = 0;
  #isPlanned = false;

  constructor(atOnce: number, later: (give: () => void) => void = (give) => setTimeout(give, 0)) {
    this.#atOnce = atOnce;
    this.#later = later;
  }

  /** The returned function ends the turn, or the wait for it; called again it does nothing. */
  ask(nearness: () => number, start: () => void): () => void {
    let stage: 'waiting' | 'going' | 'over' = 'waiting';
    const waiting: Waiting = {
      nearness,
      start: () => {
        stage = 'going';
        start();
      },
    };
    this.#waiting.add(waiting);
    this.#plan();
    return () => {
      this.#waiting.delete(waiting);
      if (stage === 'going') this.#going -= 1;
      stage = 'over';
      this.#plan();
    };
  }

  #plan(): void {
    if (this.#isPlanned || this.#waiting.size === 0) return;
    this.#isPlanned = true;
    this.#later(() => {
      this.#isPlanned = false;
      this.#give();
    });
  }

  #give(): void {
    const queue = [...this.#waiting].map((waiting) => ({ waiting, distance: waiting.nearness() }));
    queue.sort((a, b) => a.distance - b.distance);
    for (const { waiting } of queue) {
      if (this.#going >= this.#atOnce) return;
      this.#waiting.delete(waiting);
      this.#going += 1;
      waiting.start();
    }
  }
}
