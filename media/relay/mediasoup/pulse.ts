const INTERVAL_MS = 2_000;
/** What is written to a worker that hangs waits in this process. */
const MAX_UNANSWERED = 3;

/**
 * Asks whether a process still answers, and calls `onHang` when it has not for three beats in a row. Beats are counted,
 * not time: where this process itself was held up, its next beat comes before the answers that wait to be read.
 */
export class Pulse {
  readonly #ask: () => Promise<unknown>;
  readonly #onHang: () => void;
  readonly #timer: NodeJS.Timeout;
  #isAwaited = false;
  #unanswered = 0;

  /** A rejection is an answer too. */
  constructor(ask: () => Promise<unknown>, onHang: () => void) {
    this.#ask = ask;
    this.#onHang = onHang;
    this.#timer = setInterval(() => {
      this.#beat();
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    if (this.#isAwaited) {
      this.#unanswered += 1;
      if (this.#unanswered === MAX_UNANSWERED) this.#onHang();
      return;
    }
    this.#isAwaited = true;
    this.#unanswered = 0;
    const answered = (): void => {
      this.#isAwaited = false;
    };
    this.#ask().then(answered, answered);
  }
}
