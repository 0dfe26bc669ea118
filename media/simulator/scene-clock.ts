import type { Clock } from '#ops/runtime/clock.ts';

/** A camera's scene starts with the first PLAY on either of its streams, then runs in real time for ever. */
export class SceneClock {
  readonly #clock: Clock;
  #start: { readonly monotonicMs: number; readonly epochMs: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Later calls change nothing. */
  start(): void {
    this.#start ??= { monotonicMs: this.#clock.monotonicMs(), epochMs: this.#clock.epochMs() };
  }

  /** Epoch ms of scene time 0; null until somebody plays. */
  get startedAtMs(): number | null {
    return this.#start?.epochMs ?? null;
  }

  /** 0 until somebody plays. */
  sceneMs(): number {
    return this.#start === null ? 0 : this.#clock.monotonicMs() - this.#start.monotonicMs;
  }

  epochMs(): number {
    return this.#start === null ? this.#clock.epochMs() : this.#start.epochMs + this.sceneMs();
  }
}
