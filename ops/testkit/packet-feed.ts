import type { RelayPacket } from '#media/relay/relay.port.ts';

/** `nal_unit_type` 7, a sequence parameter set: what every key frame begins with. */
export const KEY_FRAME_NAL = 0x67;
const INTER_NAL = 0x41;
const KEY_FRAME_EVERY = 10;
const INTERVAL_MS = 10;
const TICKS_PER_PACKET = INTERVAL_MS * 90;
const PAYLOAD_BYTES = 1_000;

/** Made-up packets for tests that count and compare: a hundred a second, every tenth the beginning of a key frame. */
export class PacketFeed {
  readonly sent: RelayPacket[] = [];
  readonly #write: (packet: RelayPacket) => void;
  #timer: NodeJS.Timeout | null = null;
  #ticks = 1_000_000;
  #index = 0;

  constructor(write: (packet: RelayPacket) => void) {
    this.#write = write;
  }

  /** From packet `atIndex` of the pattern on, or from where it stopped. */
  start(atIndex = this.#index): void {
    this.#index = atIndex;
    this.#timer ??= setInterval(() => {
      const payload = Buffer.alloc(PAYLOAD_BYTES, this.#index % 251);
      payload[0] = this.#index % KEY_FRAME_EVERY === 0 ? KEY_FRAME_NAL : INTER_NAL;
      const packet = { payload, marker: this.#index % 3 === 2, rtpTimestamp: this.#ticks };
      this.#index += 1;
      this.#ticks += TICKS_PER_PACKET;
      this.sent.push(packet);
      this.#write(packet);
    }, INTERVAL_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** The next packet begins a key frame, so many ticks later: its RTP time is returned. */
  jump(ticks: number): number {
    this.#index += KEY_FRAME_EVERY - (this.#index % KEY_FRAME_EVERY);
    this.#ticks += ticks;
    return this.#ticks;
  }
}
