import { randomInt } from 'node:crypto';

export const TICKS_PER_MS = 90;
const WRAP = 2 ** 32;

export interface RtpClockOptions {
  /** RTP time at scene time 0, 0 .. 2^32 - 1. */
  readonly offset: number;
  /** How much faster than true time the camera's crystal runs, in millionths. */
  readonly driftPpm: number;
}

/** A stream's 90 kHz clock (RFC 3550 section 5.1): starts anywhere, runs slightly wrong, wraps at 2^32. */
export class RtpClock {
  readonly #offset: number;
  readonly #ticksPerMs: number;

  constructor(options: RtpClockOptions) {
    this.#offset = options.offset;
    this.#ticksPerMs = TICKS_PER_MS * (1 + options.driftPpm / 1e6);
  }

  /** RTP time of an instant given as true ms since scene time 0; may be negative. */
  at(sceneMs: number): number {
    const ticks = (this.#offset + Math.round(sceneMs * this.#ticksPerMs)) % WRAP;
    return ticks < 0 ? ticks + WRAP : ticks;
  }
}

/** As cameras have it: a random start and a crystal within 50 ppm. */
export function randomRtpClock(): RtpClockOptions {
  return { offset: randomInt(WRAP), driftPpm: randomInt(-50, 51) };
}

/** A start from which the RTP time wraps after `seconds` of playing. */
export function offsetThatWrapsAfter(seconds: number): number {
  return WRAP - Math.round(seconds * 1000 * TICKS_PER_MS);
}
