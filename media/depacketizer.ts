import { FragmentBuffer } from './fragment-buffer.ts';
import type { RtpPacket } from './packet.ts';
import type { PayloadRead, VideoCodec } from './video-codec.ts';

/** What one RTP packet brought; its NAL units are the receiver's. */
export interface Depacketized extends PayloadRead {
  /** Sequence numbers say that packets are missing just before this one. */
  readonly isAfterGap: boolean;
  /** A NAL unit of an earlier picture was given up: its end never came. */
  readonly hasCutEarlier: boolean;
  /** A NAL unit is still open after this packet. */
  readonly isMidNalUnit: boolean;
}

const NOTHING: PayloadRead = { nalUnits: [], isBroken: false };

/**
 * RTP packets back to NAL units. They are taken in arrival order: over TCP nothing is reordered. Holds one open NAL unit
 * of at most 4 MiB, in one buffer.
 */
export class Depacketizer {
  readonly #codec: Pick<VideoCodec, 'readPayload'>;
  readonly #fragments = new FragmentBuffer();
  #sequenceNumber: number | null = null;
  #ssrc = 0;
  #timestamp = 0;

  constructor(codec: Pick<VideoCodec, 'readPayload'>) {
    this.#codec = codec;
  }

  push(packet: RtpPacket): Depacketized {
    const isAfterGap = this.#isAfterGap(packet);
    const hasCutEarlier = packet.timestamp !== this.#timestamp && this.#fragments.drop();
    if (isAfterGap) this.#fragments.drop();
    this.#sequenceNumber = packet.sequenceNumber;
    this.#ssrc = packet.ssrc;
    this.#timestamp = packet.timestamp;
    // An empty payload is how some cameras keep the connection alive.
    const { payload } = packet;
    const { nalUnits, isBroken } = payload.length === 0 ? NOTHING : this.#codec.readPayload(payload, this.#fragments);
    const own = nalUnits.map((nalUnit) => (nalUnit.buffer === payload.buffer ? Buffer.from(nalUnit) : nalUnit));
    return { nalUnits: own, isAfterGap, hasCutEarlier, isBroken, isMidNalUnit: this.#fragments.isOpen };
  }

  /** A new SSRC is a new numbering, not a gap. */
  #isAfterGap(packet: RtpPacket): boolean {
    if (this.#sequenceNumber === null || packet.ssrc !== this.#ssrc) return false;
    return packet.sequenceNumber !== ((this.#sequenceNumber + 1) & 0xffff);
  }
}
