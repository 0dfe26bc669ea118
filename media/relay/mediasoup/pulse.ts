const INTERVAL_MS = 1_000;
/** Unanswered beats in a row. */
const BEHIND_AFTER = 2;
const HUNG_AFTER = 6;

/**
 * Asks every second whether a process still answers. Beats are counted, not time: where this process itself was held up,
 * its next beat comes before the answers that wait to be read.
 */
export class Pulse {
  readonly #ask: (beat: number) => Promise<unknown>;
  readonly #onHang: () => void;
  readonly #timer: NodeJS.Timeout;
  #beats = 0;
  #isAwaited = false;
  #unanswered = 0;

  /** `ask` is not asked again before it has settled, and a rejection is an answer too. `onHang`: six went unanswered. */
  constructor(ask: (beat: number) => Promise<unknown>, onHang: () => void) {
    this.#ask = ask;
    this.#onHang = onHang;
    this.#timer = setInterval(() => {
      this.#beat();
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** It is given more than it can do: its last answer is overdue by seconds. */
  get isBehind(): boolean {
    return this.#unanswered >= BEHIND_AFTER;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    if (this.#isAwaited) {
      this.#unanswered += 1;
      if (this.#unanswered === HUNG_AFTER) this.#onHang();
      return;
    }
    this.#isAwaited = true;
    const answered = (): void => {
      this.#isAwaited = false;
      this.#unanswered = 0;
    };
    this.#beats += 1;
    this.#ask(this.#beats).then(answered, answered);
  }
}
