import { say } from '#ops/setup/step.ts';
import { ChildCalls } from './child-calls.ts';
import type { CrowdProcess } from './crowd.process.ts';
import type { RelayUnderTest } from './relay-under-test.ts';
import type { Tally } from './sequence-tally.ts';

const PROCESSES = 2;
const ARRIVE_WITHIN_MS = 120_000;
const POLL_MS = 200;
/** Several GOPs long. */
const MAX_POLLS = 50;

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

  /** Resolves when every one receives. Rejects when a relay cannot bring so many on in the time it has. */
  async growTo(size: number, relay: RelayUnderTest): Promise<void> {
    const tooLate = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      tooLate.reject(new Error(`only ${String(this.#size)} receivers joined in ${String(ARRIVE_WITHIN_MS / 1000)} s`));
    }, ARRIVE_WITHIN_MS);
    try {
      await Promise.race([this.#grow(size, relay), tooLate.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** One by one: many handshakes at once take longer each than a relay waits for a viewer. */
  async #grow(size: number, relay: RelayUnderTest): Promise<void> {
    while (this.#size < size) {
      const process = this.#processes[this.#size % PROCESSES];
      if (process === undefined) return;
      const isConnected = await process.call('connected', { index: await relay.join(process) });
      if (isConnected) this.#size += 1;
      else say(`a receiver did not connect; trying with another, ${String(this.#size)} have joined`);
    }
    let silent = size;
    for (let tries = 0; silent > 0 && tries < MAX_POLLS; tries += 1) {
      await this.mark();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      silent = (await this.tallies()).filter(({ received }) => received === 0).length;
    }
    if (silent > 0) throw new Error(`${String(silent)} of ${String(size)} receivers get nothing`);
  }

  async mark(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.call('mark', undefined)));
  }

  /** Since the last mark, one for each. */
  async tallies(): Promise<Tally[]> {
    return (await Promise.all(this.#processes.map((process) => process.call('tallies', undefined)))).flat();
  }

  /** The first one's. */
  async cipher(): Promise<string | null> {
    return (await this.#processes[0]?.call('cipher', undefined)) ?? null;
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.close()));
  }
}
