import { ingestError } from './ingest-errors.ts';

/** A store that is filled at a steady rate and emptied by what is taken. */
interface Allowance {
  readonly perSecond: number;
  readonly most: number;
  readonly what: string;
}

/**
 * What a camera may send: several times the greatest stream (some 50 Mbit/s), and on top of it what a network may hold
 * back for ten seconds and deliver at once. Beyond that it is no video, and other cameras would wait for it.
 */
const ALLOWANCES = {
  bytes: { perSecond: 25 * 2 ** 20, most: 96 * 2 ** 20, what: 'bytes' },
  frames: { perSecond: 20_000, most: 120_000, what: 'packets' },
  /** Answers are asked for one by one; own requests come now and then. */
  texts: { perSecond: 20, most: 200, what: 'messages' },
} as const satisfies Record<string, Allowance>;

export type Intake = keyof typeof ALLOWANCES;

/** Counts what one connection brings; throws camera.protocol-violation when it is a flood. */
export class IntakeLimit {
  readonly #now: () => number;
  readonly #left: Record<Intake, { amount: number; atMs: number }>;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    const full = (intake: Intake): { amount: number; atMs: number } => ({
      amount: ALLOWANCES[intake].most,
      atMs: now(),
    });
    this.#left = { bytes: full('bytes'), frames: full('frames'), texts: full('texts') };
  }

  took(intake: Intake, amount: number): void {
    const { perSecond, most, what } = ALLOWANCES[intake];
    const left = this.#left[intake];
    const nowMs = this.#now();
    left.amount = Math.min(most, left.amount + ((nowMs - left.atMs) * perSecond) / 1000) - amount;
    left.atMs = nowMs;
    if (left.amount < 0) throw ingestError.violation(`sent far more ${what} than any video has`);
  }
}
