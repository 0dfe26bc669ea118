import { backoffMs, type BackoffPolicy } from '#ops/runtime/backoff.ts';
import type { RunningService, Service } from './service.ts';

const POLICY: BackoffPolicy = { firstMs: 250, capMs: 10_000, stableMs: 60_000 };

export type KeeperEvent =
  | { readonly kind: 'ended'; readonly name: string; readonly how: string }
  | { readonly kind: 'restarted'; readonly name: string; readonly afterMs: number }
  | { readonly kind: 'start-failed'; readonly name: string; readonly error: unknown };

/** Keeps services running: what ends unasked is started again, with backoff. Stops them in the reverse order of starting. */
export class Keeper {
  readonly #kept: { service: Service; running: RunningService | null }[] = [];
  readonly #onEvent: (event: KeeperEvent) => void;
  #stopping = false;

  constructor(onEvent: (event: KeeperEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** Starts a service and keeps it. Rejects when its first start fails: a wrong set-up is for a person to see. */
  async keep(service: Service): Promise<void> {
    const entry = { service, running: await service.start() };
    this.#kept.push(entry);
    void this.#watch(entry);
  }

  /** Process ids of what runs now, by name. */
  pids(): Record<string, number> {
    const running = this.#kept.filter((entry) => entry.running !== null);
    return Object.fromEntries(running.map(({ service, running }) => [service.name, running?.pid ?? 0]));
  }

  /** Ends one service so that it is started again at once. */
  async restart(name: string): Promise<void> {
    await this.#kept.find(({ service }) => service.name === name)?.running?.stop(5_000);
  }

  /** One after the other, each with its share of the time left. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true;
    const deadline = performance.now() + limitMs;
    for (const { running } of this.#kept.toReversed()) {
      await running?.stop(Math.max(300, (deadline - performance.now()) / 2));
    }
  }

  async #watch(entry: { service: Service; running: RunningService | null }): Promise<void> {
    const { name } = entry.service;
    let failures = 0;
    for (;;) {
      const startedAt = performance.now();
      const how = (await entry.running?.exited) ?? 'was not started';
      entry.running = null;
      if (this.#stopping) return;
      this.#onEvent({ kind: 'ended', name, how });
      failures = performance.now() - startedAt > POLICY.stableMs ? 1 : failures + 1;
      const endedAt = performance.now();
      while (entry.running === null) {
        await new Promise((resolve) => setTimeout(resolve, backoffMs(POLICY, failures, Math.random())));
        if (this.#stopping) return;
        try {
          entry.running = await entry.service.start();
          this.#onEvent({ kind: 'restarted', name, afterMs: performance.now() - endedAt });
        } catch (error) {
          failures += 1;
          this.#onEvent({ kind: 'start-failed', name, error });
        }
      }
      // Stopped while it was starting: nobody else will end it.
      if (this.#stopping) await entry.running.stop(1_000);
    }
  }
}
