import { AppError, toAppError } from '#protocol/errors.ts';
import {
  instantOf,
  type CameraStateChanged,
  type CountedFact,
  type CrossingDismissed,
  type Undecided,
} from '#protocol/facts.ts';
import type { PictureHealthChanged } from '#protocol/picture-health.ts';
import { Allowance } from './allowance.ts';

/** A new lease counts from its first frame on, plus the time in which the tracker gets to know who is there. */
const WARM_UP_MS = 1_000;
const RETRY_MS = 1_000;
/** Facts that wait for the disk. At one crossing a second this is hours; beyond it the oldest are kept and new ones refused. */
const MAX_WAITING = 10_000;
/** Near misses are a sample: not while crossings wait for the disk, and no more than this. */
const MAX_WAITING_FOR_SAMPLES = 100;
const SAMPLES_PER_SECOND = 1;
const SAMPLES_AT_ONCE = 10;

export type CameraFact = Undecided<CountedFact | CrossingDismissed | CameraStateChanged | PictureHealthChanged>;

/** What a camera needs of its lease. */
export interface CountingLease {
  /** Publishes LeaseStarted and resolves once it is kept. */
  start(countsFromMs: number): Promise<void>;
  /** Resolves once the fact is on disk. Rejects with disk.full, and nothing is lost by trying again. */
  append(fact: CameraFact): Promise<unknown>;
}

export interface FactWriterEvents {
  /** The first failure to write in a row, and null once writing works again. */
  onTrouble(error: AppError | null): void;
  /** A fact that will never be written. */
  onRefused(fact: CameraFact, error: AppError): void;
}

/**
 * Hands one camera's facts to its lease, in the order in which they were decided, each until it is on disk. What is
 * counted waits for the lease to be started; what was before `countsFrom` belongs to an earlier lease and is left out.
 */
export class FactWriter {
  readonly #events: FactWriterEvents;
  #lease: CountingLease | null = null;
  #countsFromMs: number | null = null;
  #waiting: Task[] = [];
  #decided = 0;
  readonly #samples = new Allowance(SAMPLES_PER_SECOND, SAMPLES_AT_ONCE);
  #draining = false;

  constructor(events: FactWriterEvents) {
    this.#events = events;
  }

  /** Facts taken on since the camera was opened. */
  get decided(): number {
    return this.#decided;
  }

  /** How many of them are not on disk yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Facts decided from now on are this lease's; null: the camera is given up and what waits is left to its successor. */
  hold(lease: CountingLease | null): void {
    this.#lease = lease;
    this.#countsFromMs = null;
    if (lease === null) this.#waiting = [];
  }

  frame(timeMs: number): void {
    if (this.#lease === null || this.#countsFromMs !== null) return;
    this.#countsFromMs = timeMs + WARM_UP_MS;
    this.#waiting.push({ startAtMs: this.#countsFromMs });
    void this.#drain();
  }

  counted(fact: Undecided<CountedFact>): void {
    if (this.#countsFromMs !== null && instantOf(fact) >= this.#countsFromMs) this.#write(fact);
  }

  /** Published if the camera has not had too many of late. */
  dismissal(fact: Undecided<CrossingDismissed>): void {
    const isOurs = this.#countsFromMs !== null && fact.happenedAtMs >= this.#countsFromMs;
    if (isOurs && this.#waiting.length < MAX_WAITING_FOR_SAMPLES && this.#samples.take(fact.happenedAtMs)) {
      this.#write(fact);
    }
  }

  /** What happened to the camera itself. */
  happened(fact: Undecided<CameraStateChanged | PictureHealthChanged>): void {
    if (this.#lease !== null) this.#write(fact);
  }

  #write(fact: CameraFact): void {
    if (this.#waiting.length >= MAX_WAITING) {
      const error = new AppError('disk.full', `${String(MAX_WAITING)} facts already wait to be written`);
      this.#events.onRefused(fact, error);
      return;
    }
    this.#decided += 1;
    this.#waiting.push({ fact });
    void this.#drain();
  }

  /** One at a time, so that the order of deciding is the order of writing. */
  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    for (let task = this.#waiting[0]; task !== undefined && this.#lease !== null; task = this.#waiting[0]) {
      await this.#perform(task, this.#lease);
      if (this.#waiting[0] === task) this.#waiting.shift();
    }
    this.#draining = false;
  }

  /** Tries until it works, the lease is another, or the failure is one that trying again cannot mend. */
  async #perform(task: Task, lease: CountingLease): Promise<void> {
    let troubled = false;
    while (this.#lease === lease) {
      try {
        await ('fact' in task ? lease.append(task.fact) : lease.start(task.startAtMs));
        if (troubled) this.#events.onTrouble(null);
        return;
      } catch (cause) {
        const error = toAppError(cause);
        if (!error.retryable && 'fact' in task) {
          this.#events.onRefused(task.fact, error);
          return;
        }
        if (!troubled) this.#events.onTrouble(error);
        troubled = true;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

type Task = { readonly startAtMs: number } | { readonly fact: CameraFact };
