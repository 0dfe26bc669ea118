import { beginsKeyFrame } from './key-frame.ts';
import type { RelayPacket } from './relay.port.ts';

const SOON_TICKS_90K = 45_000;
const WRAP = 2 ** 32;

/** How often a stream has key frames, learnt from what passes. */
export class KeyFrameRhythm {
  #last: number | null = null;
  #distance: number | null = null;

  push({ payload, rtpTimestamp }: RelayPacket): void {
    if (rtpTimestamp === this.#last || !beginsKeyFrame(payload)) return;
    if (this.#last !== null) this.#distance = (rtpTimestamp - this.#last + WRAP) % WRAP;
    this.#last = rtpTimestamp;
  }

  /** Whether the next is never more than half a second away. False while it is not known. */
  get isFast(): boolean {
    return this.#distance !== null && this.#distance <= SOON_TICKS_90K;
  }
}
