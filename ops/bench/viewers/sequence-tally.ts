const WRAP = 2 ** 16;

export interface Tally {
  readonly received: number;
  readonly lost: number;
}

/** Counts one RTP stream by its sequence numbers (RFC 3550 appendix A.1), from the first one seen. */
export class SequenceTally {
  /** Extended by the wraps. */
  #highest: number | null = null;
  #first = 0;
  #received = 0;
  #marked = { highest: 0, received: 0 };

  push(sequenceNumber: number): void {
    this.#received += 1;
    if (this.#highest === null) {
      this.#highest = sequenceNumber;
      this.#first = sequenceNumber;
      return;
    }
    const step = (sequenceNumber - (this.#highest % WRAP) + WRAP) % WRAP;
    // Half a circle ahead is behind: late, not new.
    if (step < WRAP / 2) this.#highest += step;
  }

  mark(): void {
    this.#marked = { highest: this.#highest ?? 0, received: this.#received };
  }

  /** Since the mark. A packet that is late by a mark counts as lost before it and as received after it. */
  read(): Tally {
    const received = this.#received - this.#marked.received;
    return { received, lost: (this.#highest ?? 0) - this.#marked.highest - received };
  }

  /** Since the first packet; `highest` as a receiver report has it. */
  total(): { readonly highest: number; readonly lost: number } {
    if (this.#highest === null) return { highest: 0, lost: 0 };
    return { highest: this.#highest, lost: Math.max(0, this.#highest - this.#first + 1 - this.#received) };
  }
}
