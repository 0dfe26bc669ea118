import { BurstPacer } from './burst-pacer.ts';
import { beginsKeyFrame } from './key-frame.ts';
import type { RelayPacket } from './relay.port.ts';

/** A longer cached GOP is not sent to a newcomer, who waits for the next key frame instead. */
const MAX_GOP_BYTES = 1_500_000;

/** What an outlet asks of its camera. */
export interface PictureSource {
  /** As `RelayEvents`. */
  newestGop(): readonly RelayPacket[];
  onKeyFrameRequest(): void;
}

/** What a newcomer can begin with: the newest GOP, or null where there is none or it is too large to catch up with. */
export function startingGop(source: PictureSource): readonly RelayPacket[] | null {
  const gop = source.newestGop();
  const bytes = gop.reduce((total, { payload }) => total + payload.length, 0);
  return gop[0] !== undefined && beginsKeyFrame(gop[0].payload) && bytes <= MAX_GOP_BYTES ? gop : null;
}

/**
 * A viewer's packets where it has a stream of its own, so that it can be given the past without anybody else seeing time
 * jump: the pictures since the newest key frame in one burst, then what follows.
 */
export class OwnStream {
  readonly #source: PictureSource;
  readonly #pacer: BurstPacer;
  #canReceive = false;
  /** False until it has been given the beginning of a key frame: what comes before cannot be decoded. */
  #isStarted = false;
  #dropped = 0;

  constructor(source: PictureSource, write: (packet: RelayPacket) => void) {
    this.#source = source;
    this.#pacer = new BurstPacer(write, (dropped) => {
      this.#dropped += dropped;
      this.#isStarted = false;
      source.onKeyFrameRequest();
    });
  }

  /** Packets that it was not given although it had begun. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The viewer can receive from now on. */
  start(): void {
    if (this.#canReceive) return;
    this.#canReceive = true;
    const gop = startingGop(this.#source);
    this.#isStarted = gop !== null;
    if (gop === null) this.#source.onKeyFrameRequest();
    else this.#pacer.burst(gop);
  }

  push(packet: RelayPacket): void {
    if (!this.#canReceive) return;
    this.#isStarted ||= beginsKeyFrame(packet.payload);
    if (this.#isStarted) this.#pacer.push(packet);
  }

  /** Nothing more is written. */
  stop(): void {
    this.#canReceive = false;
    this.#pacer.stop();
  }
}
