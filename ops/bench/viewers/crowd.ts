import { ChildCalls } from './child-calls.ts';
import type { CrowdProcess } from './crowd.process.ts';
import type { RelayUnderTest } from './relay-under-test.ts';
import type { Tally } from './sequence-tally.ts';

const PROCESSES = 2;
const ARRIVE_WITHIN_MS = 60_000;
const POLL_MS = 200;

/** The receivers, spread over processes of their own. The maker closes it. */
export class Crowd {
  readonly #processes = Array.from(
    { length: PROCESSES },
    () => new ChildCalls<CrowdProcess>(new URL('crowd.process.ts', import.meta.url)),
  );
  #size = 0;

  get pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid);
  }

  /** Resolves when every one receives. Rejects after a minute, as a relay does that cannot serve so many. */
  async growTo(size: number, relay: RelayUnderTest): Promise<void> {
    const deadlineMs = performance.now() + ARRIVE_WITHIN_MS;
    for (; this.#size < size; this.#size += 1) {
      const process = this.#processes[this.#size % PROCESSES];
      if (process !== undefined) await relay.join(process);
      if (performance.now() > deadlineMs)
        throw new Error(`only ${String(this.#size)} receivers could join in a minute`);
    }
    for (;;) {
      await this.mark();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const silent = (await this.tallies()).filter(({ received }) => received === 0).length;
      if (silent === 0) return;
      if (performance.now() > deadlineMs) throw new Error(`${String(silent)} receivers got nothing within a minute`);
    }
  }

  async mark(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.call('mark', undefined)));
  }

  /** Since the last mark, one for each. */
  async tallies(): Promise<Tally[]> {
    return (await Promise.all(this.#processes.map((process) => process.call('tallies', undefined)))).flat();
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.close()));
  }
}
