import type { History } from '../camera-view.ts';

const REFRESH_MS = 30_000;
/** A burst of crossings is one question, not twenty. */
const SETTLE_MS = 1_200;

/** The last hour of one camera, asked for again every half minute and soon after each crossing. */
export class HistoryFeed {
  history = $state.raw<History | null>(null);
  readonly #address: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open = false;

  constructor(camera: string, seed: History | null) {
    this.#address = `/api/v1/cameras/${camera}/history?minutes=60`;
    this.history = seed;
  }

  open(): () => void {
    this.#open = true;
    this.#plan(this.history === null ? 0 : REFRESH_MS);
    return () => {
      this.#open = false;
      clearTimeout(this.#timer);
    };
  }

  /** Something was counted. */
  touch(): void {
    if (this.#open) this.#plan(SETTLE_MS);
  }

  #plan(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#load();
    }, afterMs);
  }

  async #load(): Promise<void> {
    try {
      const response = await fetch(this.#address);
      if (response.ok) this.history = (await response.json()) as History;
    } catch {
      // The server is away; the page says so elsewhere, and the old chart stays.
    }
    if (this.#open) this.#plan(REFRESH_MS);
  }
}
