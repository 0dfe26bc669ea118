import type { RelayPacket } from './relay.port.ts';

/** Less than what a sender keeps for resending (werift: 128) and than what a socket takes at once. */
export const SLICE_PACKETS = 32;
export const SLICE_INTERVAL_MS = 4;
/** The largest GOP and what a camera sends meanwhile; more means that this process cannot keep up. */
const MAX_WAITING_PACKETS = 4_000;

/**
 * Spreads a burst over time, so that no packet of it is lost before it can be asked for again, and no other viewer waits
 * while it is sent. Packets keep their order; without a burst each passes at once.
 */
export class BurstPacer {
  readonly #send: (packet: RelayPacket) => void;
  readonly #onOverflow: (dropped: number) => void;
  #waiting: RelayPacket[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `onOverflow`: everything that waited was dropped, so many packets. */
  constructor(send: (packet: RelayPacket) => void, onOverflow: (dropped: number) => void) {
    this.#send = send;
    this.#onOverflow = onOverflow;
  }

  push(packet: RelayPacket): void {
    if (this.#timer === null) {
      this.#send(packet);
    } else if (this.#waiting.length < MAX_WAITING_PACKETS) {
      this.#waiting.push(packet);
    } else {
      const dropped = this.#waiting.length + 1;
      this.stop();
      this.#onOverflow(dropped);
    }
  }

  burst(packets: readonly RelayPacket[]): void {
    this.#waiting = this.#waiting.concat(packets);
    if (this.#timer === null) this.#sendSlice();
  }

  /** What waits is dropped. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = [];
  }

  #sendSlice(): void {
    for (const packet of this.#waiting.splice(0, SLICE_PACKETS)) this.#send(packet);
    this.#timer =
      this.#waiting.length === 0
        ? null
        : setTimeout(() => {
            this.#sendSlice();
          }, SLICE_INTERVAL_MS);
  }
}
