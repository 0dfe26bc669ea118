import type { Log } from './log.ts';

interface Step {
  readonly name: string;
  readonly close: () => void | Promise<void>;
}

/**
 * Ends a process in order: what comes first within its own time, then the steps, last-added first, each bounded, together
 * within `limitMs`. SIGINT and SIGTERM start it; a second signal exits at once.
 */
export class Shutdown {
  readonly #steps: Step[] = [];
  readonly #log: Log;
  readonly #limitMs: number;
  #first: (Step & { readonly limitMs: number }) | null = null;
  #running: Promise<void> | null = null;

  constructor(log: Log, limitMs = 8_000) {
    this.#log = log;
    this.#limitMs = limitMs;
  }

  add(name: string, close: Step['close']): void {
    this.#steps.push({ name, close });
  }

  /** While everything still runs. */
  first(name: string, limitMs: number, close: Step['close']): void {
    this.#first = { name, limitMs, close };
  }

  listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (this.#running !== null) process.exit(1);
        void this.run().then(() => process.exit(0));
      });
    }
  }

  /** Runs once; later calls wait for the same end. */
  run(): Promise<void> {
    this.#running ??= this.#close();
    return this.#running;
  }

  async #close(): Promise<void> {
    if (this.#first !== null) await this.#bounded(this.#first, this.#first.limitMs);
    const deadline = performance.now() + this.#limitMs;
    for (const step of this.#steps.reverse()) await this.#bounded(step, Math.max(100, deadline - performance.now()));
  }

  async #bounded({ name, close }: Step, limitMs: number): Promise<void> {
    try {
      await withTimeout(Promise.resolve(close()), limitMs);
    } catch (error) {
      this.#log.warn({ step: name, error }, 'a part did not close in order');
    }
  }
}

async function withTimeout(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not closed after ${String(Math.round(ms))} ms`));
    }, ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A fault of our own ends the process with one line in its log that says which; whoever supervises it starts it again. */
export function exitOnFault(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ error }, 'the process ends because of a fault');
    process.exit(1);
  });
}
