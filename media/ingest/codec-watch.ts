import { FragmentBuffer } from '../fragment-buffer.ts';
import type { CodecName, RtpPacket } from '../packet.ts';
import { codecs } from '../video-codecs.ts';

/** Parameter sets are small; larger packets are pictures and not worth a look. */
const MAX_LOOKED_AT_BYTES = 600;
/** One look-alike may be chance, the same again is not. */
const SIGHTINGS = 2;
const MIN_WIDTH_PX = 64;

/**
 * Notices that a camera changed its codec in mid-session, which some do without a word when they are reconfigured: the
 * packets then hold parameter sets of the other codec, which mean nothing in this one.
 */
export class CodecWatch {
  readonly #codec: CodecName;
  readonly #other: CodecName;
  readonly #scratch = new FragmentBuffer();
  #sightings = 0;

  constructor(codec: CodecName) {
    this.#codec = codec;
    this.#other = codec === 'H264' ? 'H265' : 'H264';
  }

  /** The other codec once the packets are plainly in it, else null. */
  changedTo({ payload }: RtpPacket): CodecName | null {
    if (payload.length === 0 || payload.length > MAX_LOOKED_AT_BYTES) return null;
    if (!this.#tellsSize(this.#other, payload) || this.#tellsSize(this.#codec, payload)) return null;
    this.#sightings += 1;
    return this.#sightings >= SIGHTINGS ? this.#other : null;
  }

  /** Holds a sequence parameter set of the codec with a believable picture size, on its own or in an aggregate. */
  #tellsSize(name: CodecName, payload: Buffer): boolean {
    const { nalUnits } = codecs[name].readPayload(payload, this.#scratch);
    this.#scratch.drop();
    return nalUnits.some((nalUnit) => (codecs[name].describe(nalUnit)?.widthPx ?? 0) >= MIN_WIDTH_PX);
  }
}
