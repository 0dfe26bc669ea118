import type { AppError } from '#protocol/errors.ts';
import type { LeaseRecord } from '#protocol/leases.ts';

/** The right to count one camera from some time on. */
export interface Lease {
  readonly camera: string;
  readonly worker: string;
  readonly leaseId: string;
  readonly epoch: number;
  /**
   * False while this worker's renewals fail or it slept, until the store was asked: another may have the camera by now, so
   * nothing is to be told of it that another would tell otherwise. What is counted is kept all the same.
   */
  readonly isCertain: boolean;
  /**
   * Resolves once this worker is the one that answers for the camera and tells of it: at once, or, if it was handed over,
   * when this lease counts.
   */
  readonly inCharge: Promise<void>;
  /** Resolves once a successor is in charge; what happened before it counts is still counted here, until `lost`. */
  readonly relieved: Promise<void>;
  /** Resolves (never rejects) with the reason once the right is gone; not when it was released. */
  readonly lost: Promise<AppError>;
}

/** How long a handover waits for the successor's first pictures. After it a camera that serves one at a time is let go. */
const HANDOVER_LIMIT_MS = 8_000;
/** A crossing is told when it is certain, some seconds after it happened. */
const LINGER_MS = 5_000;

/**
 * A lease as its holder has it. By agreement it passes on in steps: offered, taken (its holder goes on counting and
 * answering), counted by the successor (its holder decides what was before), lost.
 */
export class HeldLease implements Lease {
  readonly camera: string;
  readonly worker: string;
  readonly leaseId: string;
  readonly epoch: number;
  readonly inCharge: Promise<void>;
  readonly relieved: Promise<void>;
  readonly lost: Promise<AppError>;
  record: LeaseRecord;
  /** Of the record in the store, as far as is known. */
  revision: number;
  readonly #isCertain: () => boolean;
  readonly #takeCharge: () => void;
  readonly #relieve: () => void;
  readonly #lose: (error: AppError) => void;
  #step: 'taking over' | 'in charge' | 'taken' | 'relieved' = 'in charge';
  #timer: NodeJS.Timeout | null = null;

  constructor(record: LeaseRecord, revision: number, isCertain: () => boolean) {
    const [inCharge, relieved] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const lost = Promise.withResolvers<AppError>();
    this.camera = record.camera;
    this.worker = record.worker;
    this.leaseId = record.leaseId;
    this.epoch = record.epoch;
    this.record = record;
    this.revision = revision;
    this.#isCertain = isCertain;
    this.inCharge = inCharge.promise;
    this.relieved = relieved.promise;
    this.lost = lost.promise;
    this.#takeCharge = () => {
      inCharge.resolve(undefined);
    };
    this.#relieve = () => {
      relieved.resolve(undefined);
    };
    this.#lose = lost.resolve;
    if (record.takenFrom === null) this.#takeCharge();
    else this.#takeOver();
  }

  get isCertain(): boolean {
    return this.#isCertain();
  }

  /** Nobody has taken it over, and it took over from nobody that may still count. */
  get isSettled(): boolean {
    return this.#step === 'in charge';
  }

  /** Taken by a successor: the record in the store is not this lease's any more. */
  get isTaken(): boolean {
    return this.#step === 'taken' || this.#step === 'relieved';
  }

  /** It counts from now on. */
  started(): void {
    if (this.#step === 'taking over') this.#settle();
  }

  /** The record of a successor that took it over by agreement. `onEnd` is called once, when nothing is left to count. */
  passOn(countsFromMs: number | null, onEnd: (counted: boolean) => void): void {
    if (this.#step === 'relieved') return;
    if (countsFromMs !== null) {
      this.#step = 'relieved';
      this.#relieve();
      this.#after(LINGER_MS, () => {
        onEnd(true);
      });
    } else if (this.#step !== 'taken') {
      this.#step = 'taken';
      this.#after(HANDOVER_LIMIT_MS, () => {
        onEnd(false);
      });
    }
  }

  /** The right is gone. */
  lose(error: AppError): void {
    this.end();
    this.#lose(error);
  }

  /** Released, or lost: its timers are not needed. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Whoever had it answers meanwhile, but not for ever. */
  #takeOver(): void {
    this.#step = 'taking over';
    this.#after(HANDOVER_LIMIT_MS, () => {
      this.#settle();
    });
  }

  #settle(): void {
    this.end();
    this.#step = 'in charge';
    this.#takeCharge();
  }

  #after(ms: number, then: () => void): void {
    this.end();
    this.#timer = setTimeout(then, ms);
  }
}
